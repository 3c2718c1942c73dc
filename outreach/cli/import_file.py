"""``outreach import FILE``: plan, or plan and commit, a recognition file. Does what the page does."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from outreach.cli.opening import CALL, DATA, leave, opened, with_database, with_json
from outreach.domain.access import Actor, Role
from outreach.domain.column_map import ColumnAnswer, answer_about, guessed, plain, strangers, wrong_with
from outreach.domain.import_plan import Plan, Status, import_answer
from outreach.domain.import_sentences import plan_sentences
from outreach.domain.intake import Progress
from outreach.domain.recognition_file import header_of
from outreach.domain.recognition_table import FileProblem, StrangeHeader
from outreach.engine.import_families import Committed, cancel_plan, commit_plan, draft_plan, let_wait

AT_THE_COMMAND_LINE = Actor("system", "The command line", Role.COORDINATOR, "")
"""Who may open the database may import into every area."""

CHOOSE = (
    "{} found late: the date of the second step has passed. Nothing was written. Choose with --late now (offer "
    "now, and shift the rest) or --late next (join at the next step)."
)
HINT = "If other columns hold the same, say so in a file and pass it with --map: {} (empty: left alone)."
CHANGED = "Something changed while the file was read, and nothing was written. Run the same command again."


@click.command(help="Plan or commit a recognition file (CSV, XLSX or JSON Lines).")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--plan", "only_plan", is_flag=True, help="Say what would happen; write nothing.")
@click.option(
    "--late", type=click.Choice(["now", "next"]), help="Families found late: offer now, or join at the next step."
)
@click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help='A JSON object from the names in the file to our columns, {"Surname": "carer_name"}; remembered.',
)
@with_database
@with_json
def command(
    file: Path, only_plan: bool, late: str | None, map_file: Path | None, database: str | None, as_json: bool
) -> None:
    with opened(database) as runtime:
        try:
            data = file.read_bytes()
        except OSError:
            leave(CALL, f"{file} cannot be read.")
        answer = _answer(data, map_file)
        with _progress("Rows read") as tell:
            plan = draft_plan(runtime, AT_THE_COMMAND_LINE, data=data, answer=answer, progress=tell)
        if isinstance(plan, FileProblem):
            _say_file_problem(plan, as_json=as_json)
        if not only_plan and plan.needs_choice and late is None:
            _say(plan, None, as_json=as_json)
            count = plan.late
            leave(CALL, CHOOSE.format("1 family was" if count == 1 else f"{count} families were"))
        if only_plan:
            _say(plan, None, as_json=as_json)
            return
        waiting = let_wait(runtime, AT_THE_COMMAND_LINE, plan=plan, data=data, file_name=file.name, answer=answer)
        with _progress("Families written") as tell:
            done = commit_plan(runtime, AT_THE_COMMAND_LINE, batch_id=waiting.batch_id, late=late, progress=tell)
        if not isinstance(done, Committed):
            cancel_plan(runtime, AT_THE_COMMAND_LINE, batch_id=waiting.batch_id)
            leave(DATA, CHANGED)
        _say(plan, done.batch_id, as_json=as_json)


def _answer(data: bytes, map_file: Path | None) -> ColumnAnswer | None:
    """What the map says of the column names of the file. Nothing is read by a map that is not whole."""
    if map_file is None:
        return None
    try:
        said = json.loads(map_file.read_text("utf-8"))
    except (OSError, ValueError):
        said = None
    if not isinstance(said, dict) or not all(isinstance(each, str) for each in said.values()):
        leave(CALL, f"{map_file} is not a JSON object from column names to column names.")
    answer = answer_about(header_of(data), said)
    problems = wrong_with(answer.meanings, answer.names) if answer.names else ()
    if problems:
        leave(CALL, " ".join(problems))
    return answer


@contextmanager
def _progress(what: str) -> Iterator[Progress | None]:
    """How far it is, on one line of standard error, where somebody looks at it."""
    if not sys.stderr.isatty():
        yield None
        return

    def tell(done: int, in_all: int) -> None:
        click.echo(f"\r{what}: {done:,} of {in_all:,}", nl=done == in_all, err=True)

    yield tell


def _say(plan: Plan, batch_id: str | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(import_answer(plan, batch_id), ensure_ascii=False))
        return
    click.echo("Imported." if batch_id else "The plan; nothing is written yet.")
    for line in plan_sentences(plan):
        click.echo(f"  {line.sentence}")
    for kind, title in (("problems", "Rows that cannot be read:"), ("warnings", "Worth a look:")):
        found = getattr(plan, kind)
        if found:
            click.echo(f"\n{title}")
        for each in found:
            place = f"row {each.row}" + (f", {each.column}" if each.column else "")
            shown = f" “{each.value}”" if each.value else ""
            click.echo(f"  {place}{shown}: {each.problem}")


def _say_file_problem(problem: FileProblem, *, as_json: bool) -> NoReturn:
    """The file as a whole is at fault: the same shape with nothing counted, exit 1."""
    if isinstance(problem, StrangeHeader):
        proposed = {name: guessed(problem.names).get(plain(name), "") for name in strangers(problem.names)}
        hint = HINT.format(json.dumps(proposed, ensure_ascii=False))
        problem = FileProblem((*problem.problems, hint))
    if as_json:
        families = dict.fromkeys([*(status.value for status in Status), "stopped", "held"], 0)
        said = [{"row": 1, "column": "", "value": "", "problem": each} for each in problem.problems]
        answer = {
            "batch": None,
            "families": families,
            "rows": {"read": 0, "accepted": 0, "rejected": 0},
            "problems": said,
            "warnings": [],
        }
        click.echo(json.dumps(answer, ensure_ascii=False))
        sys.exit(DATA)
    leave(DATA, problem.said)
