"""``outreach user``: add people, list them, set their phone or their sign-in, let them go."""

from __future__ import annotations

import json

import click

from outreach.cli.opening import DATA, leave, opened, with_database, with_json
from outreach.domain.access import Role
from outreach.engine.change_access import let_go, reset_sign_in
from outreach.engine.manage_staff import NotAdded, add_person, list_people, set_phone


@click.group(help="People: add, list, phone, reset, leave.")
def command() -> None:
    pass


@command.command()
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--organisation", required=True, help="Its name; made where it is new.")
@click.option("--kind", type=click.Choice(["police", "charity", "youth"]), default="police", show_default=True)
@click.option("--area", "areas", multiple=True, help="Code of an area; may be given several times.")
@click.option("--phone", help="Where alerts go, and what rings first in a call.")
@with_database
@with_json
def add(
    email: str, name: str, role: str, organisation: str, kind: str, areas: tuple[str, ...], phone: str | None,
    database: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Add somebody. Prints the password for the first sign-in, once."""
    with opened(database) as runtime:
        answer = add_person(
            runtime, email=email, name=name, role=Role(role), organisation=organisation, kind=kind, areas=areas,
            phone=phone,
        )  # fmt: skip
    if isinstance(answer, NotAdded):
        leave(DATA, "\n".join(answer.problems))
    if as_json:
        click.echo(json.dumps({"id": answer.id, "first_password": answer.first_password}))
    else:
        click.echo(f"Added. The password for the first sign-in, shown once: {answer.first_password}")


@command.command("list")
@with_database
@with_json
def list_them(database: str | None, as_json: bool) -> None:
    """Who can sign in."""
    with opened(database) as runtime:
        people = list_people(runtime)
    if as_json:
        click.echo(
            json.dumps({"people": [{"id": p.id, "name": p.name, "role": p.role, "areas": p.areas} for p in people]})
        )
        return
    if not people:
        click.echo("Nobody yet. Add somebody: outreach user add --help")
    for person in people:
        click.echo(f"{person.name:30} {person.role:14} {' '.join(person.areas)}")


@command.command()
@click.argument("email")
@with_database
@with_json
def reset(email: str, database: str | None, as_json: bool) -> None:
    """Set up somebody's sign-in anew: a lost phone, a forgotten password. Prints the next password, once."""
    with opened(database) as runtime:
        password = reset_sign_in(runtime, email=email)
    if password is None:
        leave(DATA, "Nobody here has this address. outreach user list shows who there is.")
    click.echo(json.dumps({"first_password": password}) if as_json else f"The next password, shown once: {password}")


@command.command()
@click.argument("email")
@click.argument("number")
@with_database
@with_json
def phone(email: str, number: str, database: str | None, as_json: bool) -> None:
    """Set somebody's phone: where alerts to them go, and what rings first in their calls."""
    with opened(database) as runtime:
        problem = set_phone(runtime, email=email, phone=number)
    if problem is not None:
        leave(DATA, problem)
    click.echo(json.dumps({"set": True}) if as_json else "Set. Alerts to them ring there from now on.")


@command.command("leave")
@click.argument("email")
@with_database
@with_json
def let_them_go(email: str, database: str | None, as_json: bool) -> None:
    """End somebody's access, at once and everywhere."""
    with opened(database) as runtime:
        gone = let_go(runtime, email=email)
    if not gone:
        leave(DATA, "Nobody here has this address. outreach user list shows who there is.")
    click.echo(
        json.dumps({"left": True}) if as_json else "Their access has ended. Their open calls are on everybody's list."
    )
