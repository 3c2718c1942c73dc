"""``outreach db``: upgrade, back up, restore."""

from __future__ import annotations

import json
from pathlib import Path

import click

from outreach.bootstrap import set_up
from outreach.cli.opening import DATA, leave, opened, with_database, with_json
from outreach.store import backup as archive
from outreach.store import migrating


@click.group(help="Upgrade, back up and restore the database.")
def command() -> None:
    pass


@command.command()
@with_database
@with_json
def upgrade(database: str | None, as_json: bool) -> None:
    """Run the migrations; fill an empty database with the areas and the default cadence."""
    with opened(database, current=False) as runtime:
        made = set_up(runtime)
        current = migrating.is_current(runtime.sessions)
    if as_json:
        click.echo(json.dumps({"filled": made, "current": current}))
    else:
        click.echo(
            "The database is up to date." + (" It was empty: areas and the default cadence are in it." if made else "")
        )


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_database
def backup(file: Path, database: str | None) -> None:
    """Write FILE (the data) and FILE.keys (the keys). Keep the two in different places."""
    with opened(database) as runtime:
        if file.exists():
            leave(DATA, f"{file.name} is there already. Choose another name.")
        rows = archive.write(runtime.sessions, file)
    click.echo(f"{rows} rows are in {file.name}; the keys are in {file.name}.keys. Keep them apart.")


@command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@with_database
def restore(file: Path, database: str | None) -> None:
    """Fill an empty database from FILE. Put FILE.keys back first (keys.json in OUTREACH_HOME, or OUTREACH_KEYS)."""
    with opened(database, current=False) as runtime:
        try:
            rows = archive.read(runtime.sessions, file, live=runtime.settings.live)
        except archive.NotRestored as fault:
            leave(DATA, str(fault))
    click.echo(f"{rows} rows are back.")
