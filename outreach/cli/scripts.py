"""`outreach scripts`: prove, walk and draw the scripts. Needs neither settings nor a database."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from outreach.domain.script import Bundle, Given, Kind, Script, Walk, attempt_of, may_pass, visible
from outreach.domain.script_check import Content, check
from outreach.domain.script_drawing import draw
from outreach.domain.script_json import bundle_of, is_behind, spoken
from outreach.domain.script_walk import walk
from outreach.domain.wording import LONGEST, fill
from outreach.domain.wording_check import Text, text_faults
from outreach.library.scripts import LibraryError, load_scripts
from outreach.library.signposts import load_signposts, load_tips
from outreach.library.wordings import load_wordings

ROOT = Path(__file__).resolve().parents[2]
PRACTICE = {
    **LONGEST,
    "carer.name": "Amina Example",
    "carer.first_name": "Amina",
    "practitioner.name": "Jo",
    "team": "Willow team",
    "partner.name": "Bright Lantern",
    "last_time.line": "We last spoke in May, and you said not just now.",
}


@click.group("scripts")
def scripts() -> None:
    """Prove, walk and draw the scripts."""


@scripts.command("check")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, and nothing else.")
@click.option("--root", type=click.Path(path_type=Path, exists=True, file_okay=False), default=ROOT, hidden=True)
def check_command(*, as_json: bool, root: Path) -> None:
    """Prove what holds on every path of every script, in every language, and of every text."""
    try:
        held = load_scripts(root / "scripts_library", schema=ROOT / "scripts_library" / "schema.json")
        wordings = load_wordings(root / "templates" / "sms")
        signposts = load_signposts(root / "scripts_library" / "signposts.yaml")
        tips = load_tips(root / "scripts_library" / "tips.yaml")
    except LibraryError as unreadable:
        _tell(
            as_json, [{"rule": "file", "problem": one} for one in unreadable.problems], unreadable.problems, counts={}
        )
        sys.exit(1)
    content = Content(
        signposts={key: f"{one.name} {one.what}" for key, one in signposts.items()},
        tips=frozenset(tip.topic for tip in tips),
    )
    faults = check(held, content)
    texts = text_faults(
        {key: Text(one.name, one.language, one.level, one.way_out, one.source) for key, one in wordings.items()}
    )
    plain: list[dict[str, object]] = [
        {
            "rule": one.rule,
            "script": one.script,
            "language": one.language,
            "step": one.step,
            "problem": one.problem,
            "path": list(one.path),
        }
        for one in faults
    ]
    plain += [{"rule": "text", "text": one.name, "language": one.language, "problem": one.problem} for one in texts]
    counts = {"scripts": len(held), "texts": len(wordings), "languages": len({language for _, language in held})}
    _tell(as_json, plain, [str(one) for one in (*faults, *texts)], counts=counts, notes=_drafts_behind(held))
    sys.exit(1 if plain else 0)


@scripts.command("play")
@click.argument("name")
@click.option("--language", default="en", show_default=True)
def play_command(name: str, language: str) -> None:
    """Walk a script in the terminal. `b` takes the last answer back, `q` leaves."""
    bundle = _bundle(name, language)
    given: tuple[Given, ...] = ()
    while True:
        walked = walk(bundle, given)
        if walked.position is None:
            click.echo("\nBack to the script that plays this one.")
            return
        choices = _show(bundle, walked)
        if walked.ended is not None:
            attempt = attempt_of(walked.facts, walked.ended)
            click.echo(f"\nEnds: {walked.ended}" + (f" (attempt {attempt})" if attempt else ""))
            return
        chosen = click.prompt(">", prompt_suffix=" ").strip()
        if chosen == "q":
            return
        if chosen == "b":
            given = tuple(turn.given for turn in walked.trail[:-1])
        elif chosen in choices:
            given = (*given, Given(walked.position, walked.visit, choices[chosen]))
        else:
            click.echo("That is none of the answers.")


@scripts.command("draw")
@click.argument("name")
@click.option("--language", default="en", show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Default: NAME.svg here.")
def draw_command(name: str, language: str, output: Path | None) -> None:
    """Write the flow of a script as a picture (SVG)."""
    target = output or Path(f"{name}.svg")
    target.write_text(draw(_bundle(name, language).script), encoding="utf-8")
    click.echo(str(target))


def _bundle(name: str, language: str) -> Bundle:
    try:
        held = load_scripts(ROOT / "scripts_library")
    except LibraryError as unreadable:
        click.echo(str(unreadable), err=True)
        sys.exit(1)
    if (name, language) not in held:
        known = ", ".join(sorted({one for one, held_language in held if held_language == language}))
        raise click.BadParameter(f"there is no script {name} in {language}; there are: {known or 'none'}")
    tags = ("en", language)
    return bundle_of(name, {key: one for tag in tags for (key, own), one in held.items() if own == tag})


def _show(bundle: Bundle, walked: Walk) -> dict[str, str]:
    """Print where the conversation stands; the answers by the key that chooses them."""
    assert walked.position is not None
    step = bundle.step(walked.position)
    click.echo("")
    if step.say:
        shown = fill(step.say, PRACTICE) if visible(step, walked.facts) else "(hidden until it is safe)"
        click.secho(shown, bold=True)
    if step.guide:
        click.secho(fill(step.guide, PRACTICE), dim=True)
    if walked.ended is not None:
        return {}
    choices: dict[str, str] = {}
    for number, answer in enumerate(step.answers, 1):
        choices[str(number)] = answer.id
        click.echo(f"  {number}  {answer.label}")
    if may_pass(step):
        choices["n"] = "next"
        click.echo("  n  " + ("Pass over" if step.answers else "Go on"))
    if bundle.kind is not Kind.TEXT:
        for letter, answer in zip("stuvwxyz", bundle.exits(walked.position), strict=False):
            choices[letter] = answer.id
            click.secho(f"  {letter}  {answer.label}", dim=True)
    return choices


def _drafts_behind(held: Mapping[tuple[str, str], Script]) -> list[str]:
    """No fault: a draft is used with nobody. Whoever goes on with it should know."""
    return [
        f"{name}/{language}: a draft of other English words than stand there now. When it was read against them, "
        f"write of: {spoken(held[name, 'en'])} at its top."
        for (name, language), script in held.items()
        if language != "en" and (name, "en") in held and script.draft and is_behind(held[name, "en"], script)
    ]


def _tell(
    as_json: bool,
    plain: list[dict[str, object]],
    lines: list[str],
    *,
    counts: dict[str, int],
    notes: Sequence[str] = (),
) -> None:
    if as_json:
        whole = {"ok": not plain, "counts": counts, "faults": plain, "notes": list(notes)}
        click.echo(json.dumps(whole, ensure_ascii=False))
        return
    for one in (*lines, *notes):
        click.echo(one)
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    click.echo(f"{len(plain)} faults found." if plain else f"Every path is sound: {told}.")
