"""``outreach live``: what keeps live sending from starting, and who confirmed what software cannot see."""

from __future__ import annotations

import json
import sys

import click

from outreach.cli.opening import DATA, ENVIRONMENT, leave, opened, with_database, with_json
from outreach.domain.going_live import CONFIRMED_BY_HAND
from outreach.engine.go_live import confirm, what_is_missing
from outreach.runtime import Runtime


@click.group(help="Before going live: what is missing, and who confirmed what.")
def command() -> None:
    pass


@command.command()
@with_database
@with_json
def check(database: str | None, as_json: bool) -> None:
    """Name everything that keeps live sending from starting. Exit code 3 where something does."""
    with opened(database) as runtime:
        missing = what_is_missing(runtime)
    if as_json:
        click.echo(json.dumps({"ready": not missing, "missing": missing}))
    else:
        click.echo("\n".join(missing) or "Nothing is missing: live sending may start.")
    if missing:
        sys.exit(ENVIRONMENT)


@command.command("confirm")
@click.argument("what", type=click.Choice(sorted(CONFIRMED_BY_HAND)))
@click.option("--by", "email", required=True, help="The address of the coordinator or supervisor who tried it.")
@with_database
def confirm_it(what: str, email: str, database: str | None) -> None:
    """Write down who tried it from a handset, and when."""
    with opened(database) as runtime:
        refused = confirm(runtime, what=what, email=email)
    if refused is not None:
        leave(DATA, refused)
    click.echo("Written down.")


def refuse_unready(runtime: Runtime) -> Runtime:
    """For what sends: the runtime; in live mode with anything missing, all of that is named, and it is the end."""
    missing = what_is_missing(runtime) if runtime.settings.live else ()
    if missing:
        leave(ENVIRONMENT, "\n".join(("Live sending does not start yet.", *missing)))
    return runtime


def say_what_is_missing(runtime: Runtime) -> None:
    """For the console, which sends nothing: it must hear every STOP, and it is where words are signed."""
    missing = what_is_missing(runtime) if runtime.settings.live else ()
    for words in missing:
        click.echo(f"No text goes out yet. {words}", err=True)
