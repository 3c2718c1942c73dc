"""``outreach prove``: do the promises hold on the data as it is?"""

from __future__ import annotations

import json
import sys

import click

from outreach.cli.opening import DATA, opened, with_database, with_json
from outreach.domain.proof import Proof
from outreach.engine.prove import prove


@click.command(help="Prove the promises on the data as it is. Exit code 1 where one does not hold.")
@with_database
@with_json
def command(database: str | None, as_json: bool) -> None:
    with opened(database) as runtime:
        proof = prove(runtime)
    click.echo(json.dumps(as_dict(proof)) if as_json else "\n".join(as_words(proof)))
    if not proof.clean:
        sys.exit(DATA)


def as_dict(proof: Proof) -> dict[str, object]:
    return {
        "clean": proof.clean,
        "at": proof.at.isoformat(),
        "rules": [
            {"rule": rule.rule, "says": rule.says, "broken": rule.broken, "examples": list(rule.examples)}
            for rule in proof.rules
        ],
    }


def as_words(proof: Proof) -> list[str]:
    lines = [f"{'holds ' if rule.holds else 'BROKEN'}  {rule.says}" for rule in proof.rules]
    for rule in proof.findings:
        lines += ["", f"{rule.says}", f"  {rule.broken} times otherwise; the first: {', '.join(rule.examples)}"]
    lines += ["", "Every promise holds." if proof.clean else f"{len(proof.findings)} promises do not hold."]
    return lines
