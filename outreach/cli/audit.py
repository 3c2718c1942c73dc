"""``outreach audit verify``: does the chain of events hold?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from outreach.cli.opening import DATA, opened, with_database, with_json
from outreach.engine.link_events import verify_events


@click.group(help="Verify the chain of events.")
def command() -> None:
    pass


@command.command()
@with_database
@with_json
def verify(database: str | None, as_json: bool) -> None:
    """Walk the chain. Exit code 1 where a link does not hold."""
    with opened(database) as runtime:
        found = verify_events(runtime)
    if as_json:
        click.echo(json.dumps(asdict(found)))
    elif found.broken_at is None:
        click.echo(f"The chain holds: {found.links} events linked, {found.loose} of the last moments not linked yet.")
    else:
        click.echo(f"The chain does not hold at link {found.broken_at}: an event was changed, removed or put in.")
    if found.broken_at is not None:
        sys.exit(DATA)
