"""``outreach demo``: the product on this machine, with simulated phones; and its story."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from outreach.cli.opening import ENVIRONMENT, leave, with_database
from outreach.demo.house import NotADemo
from outreach.demo.running import forget, run
from outreach.demo.story import tell


@click.command(help="The product on this machine: console, worker and simulated phones. Ctrl-C stops it.")
@click.option("--story", is_flag=True, help="Play the main job by itself, in under a minute, and check its ending.")
@click.option("--reset", is_flag=True, help="Start over: forget the demo's data first.")
@with_database
def command(story: bool, reset: bool, database: str | None) -> None:
    home = Path(os.environ.get("OUTREACH_HOME", ".outreach")) / "demo"
    try:
        if story:
            with tempfile.TemporaryDirectory(prefix="outreach-story-") as folder:
                sys.exit(0 if tell(home=Path(folder), database_url=database or "") else 1)
        if reset:
            forget(home)
        run(home=home, database_url=database or "")
    except NotADemo as fault:
        leave(ENVIRONMENT, str(fault.__doc__))
    except OSError as fault:
        leave(ENVIRONMENT, f"The demo could not start: {fault.strerror or type(fault).__name__}.")
