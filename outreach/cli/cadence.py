"""``outreach cadence preview``: what a family imprisoned on a date would get, and when. Needs no database."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from outreach.cli.opening import DATA, leave, with_json
from outreach.domain import cadence
from outreach.domain.quiet_hours import NATIONS, london


@click.group(help="Preview what a family would get, and when.")
def command() -> None:
    pass


@command.command()
@click.option("--imprisoned-on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="YYYY-MM-DD")
@click.option("--file", type=click.Path(path_type=Path, exists=True), help="A cadence as JSON; else the default.")
@click.option("--nation", type=click.Choice(NATIONS), default="ENG", show_default=True)
@with_json
def preview(imprisoned_on: date, file: Path | None, nation: str, as_json: bool) -> None:
    """What a family imprisoned on a date would get, if nobody ever answered."""
    try:
        pattern = cadence.read_cadence(json.loads(file.read_text("utf-8"))) if file else cadence.DEFAULT
    except (ValueError, KeyError, TypeError):
        leave(DATA, "The file is not a cadence: JSON as a version stores it.")
    day = date(imprisoned_on.year, imprisoned_on.month, imprisoned_on.day)
    found = cadence.preview(pattern, imprisoned_on=day, nation=nation)
    if as_json:
        offers = [
            {"step": place, "channel": each.channel, "due_at": each.due_at.isoformat()}
            for place, each in enumerate(found, start=1)
        ]
        click.echo(json.dumps({"imprisoned_on": day.isoformat(), "offers": offers}))
        return
    for place, each in enumerate(found, start=1):
        step, when = each.step, london(each.due_at)
        click.echo(f"{place}. {when:%A %-d %B %Y, %H.%M}: {step.channel} ({step.after.said()}, {step.script})")
    click.echo("No source gives an interval: these are an assumption, to be set by the coordinator.")
