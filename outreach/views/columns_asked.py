"""The page that asks what a file's column names mean: each name with a few of its values, and what is proposed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from outreach.domain.access import Actor, Permission, require
from outreach.domain.column_map import Meanings, guessed, plain, signature, strangers, wrong_with
from outreach.domain.intake_columns import BY_NAME, COLUMNS, REQUIRED
from outreach.domain.recognition_file import header_of, read_table
from outreach.domain.recognition_table import Table
from outreach.runtime import Runtime
from outreach.store.batches import BatchRow, file_of_batch
from outreach.store.column_maps import answer_of, file_of, meanings_of
from outreach.views.imports import waiting_plan

EXAMPLES = 2
LOOKED_AT = 20
"""Rows in which examples are looked for."""


@dataclass(frozen=True, slots=True)
class NameAsked:
    """``field`` is the name as it is remembered. ``chosen`` is a column of ours that is proposed or was said, or
    empty. ``ours``: it is the name of one of ours."""

    name: str
    field: str
    examples: tuple[str, ...]
    chosen: str
    ours: bool


@dataclass(frozen=True, slots=True)
class ColumnsAsked:
    """``names`` are those that are not ours, then those that are."""

    file_name: str
    size: int
    """Of the file, in bytes."""
    names: tuple[NameAsked, ...]
    missing: tuple[str, ...]
    """Columns that are needed and that no name of the file is."""
    likely: tuple[str, ...]
    """Columns that need not be there and may stand under another name."""
    choices: tuple[tuple[str, str], ...]
    """Our columns with what they hold, those first that the file does not have by name."""

    def wrong_with(self, meanings: Meanings) -> tuple[str, ...]:
        """What is not right yet about an answer."""
        return wrong_with(meanings, [name.name for name in self.names])


def columns_asked(runtime: Runtime, actor: Actor, file_id: str) -> ColumnsAsked | None:
    """None where no such file waits for this person."""
    require(actor, Permission.IMPORT_COMMIT)
    with runtime.sessions.read(actor.hides) as session:
        found = file_of(session, file_id, staff_id=actor.id, now=runtime.now())
    return None if found is None else _asked(*found, said=None)


def columns_of_plan(runtime: Runtime, actor: Actor, batch_id: str) -> ColumnsAsked | None:
    """The same of a file whose plan waits, with what its columns are read as; None where no such plan waits."""
    require(actor, Permission.IMPORT_COMMIT)
    with runtime.sessions.read(actor.hides) as session:
        if waiting_plan(session, runtime, actor, batch_id) is None:
            return None
        file_name, data = session.get_one(BatchRow, batch_id).file_name, file_of_batch(session, batch_id)
        answer = answer_of(session, batch_id)
        said = answer.meanings if answer else meanings_of(session, signature(header_of(data)))
        return _asked(file_name, data, said=said)


def _asked(file_name: str, data: bytes, *, said: Meanings | None) -> ColumnsAsked | None:
    names = header_of(data)
    if not names:
        return None
    there, proposed, examples = {plain(name) for name in names}, guessed(names), _examples(data, names)

    def asked(name: str) -> NameAsked:
        field = plain(name)
        chosen = field if field in BY_NAME else proposed.get(field, "") if said is None else ""
        chosen = said.get(field, chosen) if said is not None else chosen
        return NameAsked(name, field, examples.get(field, ()), chosen, field in BY_NAME)

    return ColumnsAsked(
        file_name=file_name,
        size=len(data),
        names=tuple(sorted(map(asked, filter(plain, names)), key=lambda name: name.ours)),
        missing=tuple(each.title for each in COLUMNS if each.required and each.name not in there),
        likely=tuple(each.title for each in COLUMNS if not each.required and each.name in proposed.values()),
        choices=tuple(
            (each.name, f"{each.name}: {each.title}" + (" (needed)" if each.required else ""))
            for each in sorted(COLUMNS, key=lambda each: each.name in there)
        ),
    )


def _examples(data: bytes, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The first values of each name. The file is read as if every needed column were there."""
    needed = iter([name for name in REQUIRED if name not in {plain(each) for each in names}])
    as_if = {plain(name): next(needed, "") for name in strangers(names)}
    read = read_table(data, as_if)
    if not isinstance(read, Table):
        return {}
    rows = list(islice(read.rows(), LOOKED_AT))
    return {
        plain(name): tuple(row.cells[place][:40] for row in rows if row.cells[place].strip())[:EXAMPLES]
        for place, name in enumerate(read.names)
        if place < len(read.columns)
    }
