"""``outreach worker``: the scheduler, until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
import threading
from types import FrameType

import click

from outreach.cli.live import refuse_unready
from outreach.cli.opening import opened, with_database
from outreach.engine.beat import beat
from outreach.jobs import scheduler


@click.command(help="The scheduler. Any number may run; what is due is claimed in the database.")
@with_database
def command(database: str | None) -> None:
    stop = threading.Event()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, leave)
    with opened(database) as runtime:
        refuse_unready(runtime)
        worker = f"{socket.gethostname()}-{os.getpid()}"
        runtime.phone.warm_up()
        beat(runtime, worker)
        running = scheduler(runtime, worker=worker)
        running.start()
        click.echo("The worker is at work. Ctrl-C stops it.", err=True)
        stop.wait()
        running.shutdown(wait=True)
    click.echo("The worker has stopped.", err=True)
