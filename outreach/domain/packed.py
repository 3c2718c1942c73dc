"""A long list of values held compressed, in parts: what a month of 180,000 families says fits in memory so.

Rules
* A part is JSON, compressed, with a label and the number of its values. Reading goes part by part; none is kept open.
* A list that is only passed on may be kept as it is until it is long (``as_it_is``): packing costs more than reading.
* Values of one label stand together, in the order they came; the labels stand in the order that was asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar, overload

from pydantic import TypeAdapter

T = TypeVar("T")
VALUES_A_PART = 500
MOST_AS_IT_IS = 20_000
"""Values that are kept as they are: the families of a file that SQLite takes, some 50 MB."""


@dataclass(frozen=True, slots=True)
class Part:
    label: str
    count: int
    data: bytes
    values: tuple[Any, ...] = ()
    """The values as they are, where they are not packed; ``data`` is empty then."""


_adapters: dict[object, TypeAdapter[list[Any]]] = {}


def _adapter(kind: type[T]) -> TypeAdapter[list[T]]:
    """How values of this kind become JSON, and values again. Made once, since making it is slow."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(list[kind])  # type: ignore[valid-type]
    return _adapters[kind]


class Packed(Sequence[T], Generic[T]):
    """Reads like a tuple, only slower: an index walks there."""

    __slots__ = ("_kind", "parts")

    def __init__(self, kind: type[T], parts: Sequence[Part] = ()) -> None:
        self._kind, self.parts = kind, tuple(parts)

    def chunks(self) -> Iterator[list[T]]:
        """The values, as many at a time as stand in a part."""
        for part in self.parts:
            yield opened(self._kind, part)

    def labelled(self, label: str) -> Packed[T]:
        return Packed(self._kind, [part for part in self.parts if part.label == label])

    def __iter__(self) -> Iterator[T]:
        for chunk in self.chunks():
            yield from chunk

    def __len__(self) -> int:
        return sum(part.count for part in self.parts)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        if isinstance(place, int):
            place = place + len(self) if place < 0 else place
            found = self[place : place + 1]
            if not found:
                raise IndexError(place)
            return found[0]
        start, stop, step = place.indices(len(self))
        skipped, parts = 0, list(self.parts)
        while parts and skipped + parts[0].count <= start:
            skipped += parts.pop(0).count
        return tuple(islice(Packed(self._kind, parts), start - skipped, max(stop - skipped, 0), step))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Packed({list(self)!r})"


def _same(one: object, other: object) -> bool:
    return one == other


def opened(kind: type[T], part: Part) -> list[T]:
    if part.values:
        return list(part.values)
    return _adapter(kind).validate_json(zlib.decompress(part.data))


def packed(kind: type[T], values: Sequence[T]) -> Packed[T]:
    packing = Packing(kind)
    for value in values:
        packing.add(value)
    return packing.packed()


class Packing(Generic[T]):
    """Takes values one by one and packs them as soon as a part is full; ``as_it_is``: as soon as they are many."""

    def __init__(self, kind: type[T], labels: Sequence[str] = ("",), *, as_it_is: bool = False) -> None:
        self._kind, self._as_it_is, self._many = kind, as_it_is, 0
        self._open: dict[str, list[T]] = {label: [] for label in labels}
        self._parts: dict[str, list[Part]] = {label: [] for label in labels}

    def add(self, value: T, label: str = "") -> None:
        waiting = self._open[label]
        waiting.append(value)
        if len(waiting) == VALUES_A_PART:
            self._close(label)

    def packed(self) -> Packed[T]:
        for label in self._open:
            if self._open[label]:
                self._close(label)
        return Packed(self._kind, [part for parts in self._parts.values() for part in parts])

    def _close(self, label: str) -> None:
        values, self._open[label] = self._open[label], []
        # What stands behind a bar only puts labels in their order; callers ask for what stands before it.
        part = Part(label.partition("|")[0], len(values), b"", tuple(values))
        self._parts[label].append(part if self._as_it_is else self._compressed(part))
        self._many += len(values)
        if self._as_it_is and self._many > MOST_AS_IT_IS:
            self._as_it_is = False
            self._parts = {label: [*map(self._compressed, parts)] for label, parts in self._parts.items()}

    def _compressed(self, part: Part) -> Part:
        text = _adapter(self._kind).dump_json(list(part.values))
        return Part(part.label, part.count, zlib.compress(text, 1))
