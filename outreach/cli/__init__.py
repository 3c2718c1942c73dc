"""The doors: everything a screen does to the data can be done, and tested, from the command line.

Exit codes: 0 when it did what was asked, 1 when the data was at fault, 2 when the call was, 3 when the environment
was. With ``--json``, one JSON object is on standard output and nothing else.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

COMMANDS = {
    "audit": ("outreach.cli.audit", "command", "Verify the chain of events."),
    "cadence": ("outreach.cli.cadence", "command", "Preview what a family would get, and when."),
    "db": ("outreach.cli.db", "command", "Upgrade, back up and restore the database."),
    "demo": ("outreach.cli.demo", "command", "The product on this machine, with simulated phones."),
    "import": ("outreach.cli.import_file", "command", "Plan or commit a recognition file."),
    "live": ("outreach.cli.live", "command", "Before going live: what is missing, who confirmed what."),
    "prove": ("outreach.cli.prove", "command", "Do the promises hold on the data as it is?"),
    "rehearse": ("outreach.cli.rehearse", "command", "Years on a virtual clock, and the proof of them."),
    "replies": ("outreach.cli.replies", "replies", "Read replies, or score the reader."),
    "scripts": ("outreach.cli.scripts", "scripts", "Check, walk and draw the scripts."),
    "serve": ("outreach.cli.serve", "command", "The console."),
    "tick": ("outreach.cli.tick", "command", "The scheduler's work, once."),
    "user": ("outreach.cli.user", "command", "People: add and list."),
    "worker": ("outreach.cli.worker", "command", "The scheduler."),
}
"""Name -> (module, its command, what it is for). A module is imported when its command is called: help is quick."""


class Doors(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in self.list_commands(ctx)])


@click.group(cls=Doors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="paramount-outreach", prog_name="outreach")
def outreach() -> None:
    """Offers support again, kindly and safely, to the families of people sent to prison."""


def main() -> None:
    try:
        outreach(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as fault:
        fault.show()
        sys.exit(fault.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
