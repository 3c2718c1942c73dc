"""``outreach serve``: the console."""

from __future__ import annotations

import click
from waitress import serve

from admin.web import create_app
from outreach.cli.live import say_what_is_missing
from outreach.cli.opening import opened, with_database


@click.command(help="The console. Put TLS in front of it; for more than one process use: gunicorn wsgi:app")
@with_database
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
def command(database: str | None, threads: int) -> None:
    with opened(database) as runtime:
        say_what_is_missing(runtime)
        host, _, port = runtime.settings.listen.rpartition(":")
        click.echo(f"The console listens on http://{runtime.settings.listen}", err=True)
        serve(create_app(runtime), host=host, port=int(port), threads=threads, ident=None)
