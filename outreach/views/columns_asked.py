"""The page that asks what a file's column names mean: each name with a few of its values, and what is proposed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from outreach.domain.access import Actor, Permission, require
from outreach.domain.column_map import guessed, plain, strangers
from outreach.domain.intake_columns import BY_NAME, COLUMNS, REQUIRED
from outreach.domain.recognition_file import read_table
from outreach.domain.recognition_table import StrangeHeader, Table
from outreach.runtime import Runtime
from outreach.store.column_maps import file_of

EXAMPLES = 2
LOOKED_AT = 20
"""Rows in which examples are looked for."""


@dataclass(frozen=True, slots=True)
class NameAsked:
    """``field`` is the name as it is remembered. ``proposed`` is a column of ours, or empty."""

    name: str
    field: str
    examples: tuple[str, ...]
    proposed: str


@dataclass(frozen=True, slots=True)
class ColumnsAsked:
    file_id: str
    file_name: str
    names: tuple[NameAsked, ...]
    missing: tuple[str, ...]
    """Required columns that no name of the file is."""
    choices: tuple[tuple[str, str], ...]
    """Our columns that the file does not have by name, with what they hold."""


def columns_asked(runtime: Runtime, actor: Actor, file_id: str) -> ColumnsAsked | None:
    """None where no such file waits for this person."""
    require(actor, Permission.IMPORT_COMMIT)
    with runtime.sessions.read(actor.hides) as session:
        found = file_of(session, file_id, staff_id=actor.id, now=runtime.now())
    read = read_table(found[1]) if found is not None else None
    if found is None or not isinstance(read, StrangeHeader):
        return None
    file_name, data = found
    names = read.names
    proposed, there = guessed(names), {plain(name) for name in names}
    examples = _examples(data, names)
    return ColumnsAsked(
        file_id=file_id,
        file_name=file_name,
        names=tuple(
            NameAsked(name, plain(name), examples.get(plain(name), ()), proposed.get(plain(name), ""))
            for name in strangers(names)
        ),
        missing=tuple(each.title for each in COLUMNS if each.required and each.name not in there),
        choices=tuple(
            (each.name, f"{each.name}: {each.title}" + (" (needed)" if each.required else ""))
            for each in COLUMNS
            if each.name not in there
        ),
    )


def _examples(data: bytes, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The first values of each name. The file is read as if every needed column were there."""
    needed = [name for name in (*REQUIRED, *BY_NAME) if name not in {plain(each) for each in names}]
    as_if = dict(zip(map(plain, strangers(names)), dict.fromkeys(needed), strict=False))
    read = read_table(data, as_if)
    if not isinstance(read, Table):
        return {}
    rows = list(islice(read.rows(), LOOKED_AT))
    return {
        plain(name): tuple(row.cells[place][:40] for row in rows if row.cells[place].strip())[:EXAMPLES]
        for place, name in enumerate(read.names)
        if place < len(read.columns)
    }
