"""``outreach tick``: the scheduler's work, once."""

from __future__ import annotations

import json
import sys

import click

from outreach.cli.live import refuse_unready
from outreach.cli.opening import ENVIRONMENT, opened, with_database, with_json
from outreach.engine.tick import tick


@click.command(help="The scheduler's work, once.")
@with_database
@with_json
def command(database: str | None, as_json: bool) -> None:
    with opened(database) as runtime:
        counted = tick(refuse_unready(runtime))
    if as_json:
        click.echo(json.dumps(counted))
    else:
        for name, count in counted.items():
            click.echo(f"{name:14} {'failed, see the log' if count < 0 else count}")
    if any(count < 0 for count in counted.values()):
        sys.exit(ENVIRONMENT)
