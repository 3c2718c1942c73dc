"""``outreach rehearse``: years on a virtual clock, and the proof of them."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from outreach.cli.opening import DATA, ENVIRONMENT, leave, with_database, with_json
from outreach.rehearsal.house import NotEmpty
from outreach.rehearsal.rehearse import Rehearsed, rehearse


@click.command(help="Years on a virtual clock, with everything going wrong that may, and the proof of them.")
@click.option("--families", default=50, show_default=True, type=click.IntRange(1, 20_000))
@click.option("--years", default=1.0, show_default=True, type=click.FloatRange(0.1, 10))
@click.option("--seed", default=7, show_default=True, help="The same seed is the same story.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 8), help="So many at once.")
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path),
    help="Leave the keys, and the database where it is a file, in this folder: an OUTREACH_HOME for `outreach prove`.",
)  # fmt: skip
@with_database
@with_json
def command(
    families: int, years: float, seed: int, workers: int, keep: Path | None, database: str | None, as_json: bool
) -> None:
    try:
        with nullcontext(keep) if keep else TemporaryDirectory(prefix="outreach-rehearsal-") as folder:
            done = rehearse(
                families=families, days=round(years * 365.25), seed=seed, home=Path(folder), workers=workers,
                database_url=database or "", said=lambda words: click.echo(words, err=True),
            )  # fmt: skip
    except NotEmpty as fault:
        leave(ENVIRONMENT, str(fault.__doc__))
    click.echo(json.dumps(as_dict(done)) if as_json else "\n".join(as_words(done)))
    if not done.kept:
        sys.exit(DATA)


def as_dict(done: Rehearsed) -> dict[str, object]:
    broken = [asdict(one) | {"at": one.at.isoformat(), "story": list(one.story)} for one in done.broken]
    return {"kept": done.kept, "figures": done.figures, "broken": broken}


def as_words(done: Rehearsed) -> list[str]:
    lines = [f"{name.replace('_', ' '):32} {value:>10,}" for name, value in done.figures.items()]
    for one in done.broken:
        lines += ["", f"NOT KEPT: {one.promise}", *(f"  {line}" for line in one.story)]
    return [*lines, "", "Every promise was kept." if done.kept else f"{len(done.broken)} promises were not kept."]
