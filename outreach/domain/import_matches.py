"""Whose numbers meet, and who may be one family under two references.

Rules
* A number of two families is never texted automatically; a number of an imprisoned parent, in whichever family,
  is never contacted, until a person has said that it is not one.
* A carer who is an imprisoned parent, in whichever family, is found by the reference of both.
* *Likely the same*: the same carer under two references, or two of three alike (the carer's name, a number, a
  child by birth date and first name). It is flagged for a person and never merged.
* Families are compared by keyed digests of these facts. They are stored with the family, so that nobody's record is
  opened to be compared; the reader of two equal digests learns that they are equal and nothing else.
"""

from __future__ import annotations

import sys
import unicodedata
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from hashlib import sha256
from itertools import chain, pairwise, product

from outreach.domain.intake_record import FamilyRecord

Blind = Callable[[str, str], str]
"""``(purpose, value)`` -> at least 15 hexadecimal letters that tell nothing of the value."""

CARER, NAME, PHONE, CHILD, PARENT, CHILD_REF, PAIR, INSIDE = range(1, 9)
"""What a key is of: its first hexadecimal letter. A parent's number and a carer's differ in that letter only, and so
do the references of a carer and of a parent who is inside."""
_PEOPLE = {"child_ref": (CHILD_REF, "child"), "carer_ref": (CARER, "carer")}
_SHIFT = 60
_INSIDE = INSIDE << _SHIFT
_TO_PARENTS = (PARENT - PHONE) << _SHIFT
_TO_INSIDE = (INSIDE - CARER) << _SHIFT
_BOXES = 1 << 22
"""In which of them a key belongs, its last digits say: those of a carer and a parent who are one share theirs."""
MOST_TOGETHER = 100


def unkeyed(purpose: str, value: str) -> str:
    """For files that are read and not stored."""
    return sha256(f"{purpose}\0{value}".encode()).hexdigest()


def keys_of(record: FamilyRecord, blind: Blind) -> str:
    """What the family can be compared by: keys of 16 hexadecimal letters, one after the other."""
    carer = record.carer
    found = [
        f"{CARER}{blind('carer', carer.ref)[:15]}",
        f"{NAME}{blind('carer_name', ' '.join(name_words(carer.name)))[:15]}",
    ]
    found += [f"{PHONE}{blind('e164', phone)[:15]}" for phone in carer.phones]
    found += [f"{PARENT}{blind('e164', phone)[:15]}" for parent in record.parents for phone in parent.phones]
    found += [f"{INSIDE}{blind('carer', parent.ref)[:15]}" for parent in record.parents if not parent.released]
    for child in record.children:
        found.append(f"{CHILD_REF}{blind('child', child.ref)[:15]}")
        if child.first_name and len(child.born_on) == 10:
            said = " ".join((child.born_on, *name_words(child.first_name)))
            found.append(f"{CHILD}{blind('child_name', said)[:15]}")
    return "".join(sorted(set(found)))


class Matches:
    """All families that the store and the file know together. Add them all, the file's after the store's (the last
    word about a family counts), then ask.

    Of what very many families have in common (``MOST_TOGETHER``), the first of them stand for all.
    """

    def __init__(self, blind: Blind = unkeyed) -> None:
        self.blind = blind
        self._refs: list[str] = []
        self._keys = array("Q")
        self._ends = array("Q")
        self._place: dict[str, int] = {}
        self._place_before: dict[str, int] = {}
        self._met: dict[int, list[str]] | None = None
        self._meeting: set[str] = set()
        self._alike: set[str] = set()
        self._parents: set[int] = set()
        self._parents_before = array("Q")
        self._carers_inside: set[str] = set()

    def add(self, ref: str, keys: str | bytes) -> None:
        """``keys`` as ``keys_of`` gives them, or the bytes of those letters."""
        own = array("Q", bytes.fromhex(keys) if isinstance(keys, str) else keys)
        if sys.byteorder == "little":
            own.byteswap()
        self._add(ref, own)

    def add_parents(self, indexes: Iterable[str]) -> None:
        """Numbers that are stored as an imprisoned parent's, whoever said so: by ``blind("e164", number)``."""
        self._parents_before.extend(map(parents_key, indexes))
        self._met = None

    def keep_both(self, ref: str) -> None:
        """Of a known family the file says a part only: what was known counts beside it."""
        if ref in self._place_before:
            both = {*self._at(self._place_before.pop(ref)), *self._at(self._place[ref])}
            self._add(ref, array("Q", sorted(both)))

    def meets(self, ref: str) -> bool:
        """Whether the family has a number or a child in common with another one, or a number with a parent."""
        self._look()
        return ref in self._meeting

    def sharing(self, phone: str, ref: str) -> tuple[str, ...]:
        """Other families that this number stands in."""
        return self._others(self._key(PHONE, "e164", phone), ref)

    def families_of_child(self, child_ref: str, ref: str) -> tuple[str, ...]:
        """Other families that this child stands in."""
        return self._others(self._key(CHILD_REF, "child", child_ref), ref)

    def having(self, people: Collection[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
        """The families that have these people, each named by the column they stand in and their reference there."""
        wanted = {self._key(*_PEOPLE[who], ref): (who, ref) for who, ref in people}
        found: dict[tuple[str, str], set[str]] = {person: set() for person in people}
        for ref, place in self._place.items():
            for key in wanted.keys() & set(self._at(place)):
                found[wanted[key]].add(ref)
        return found

    def is_parents(self, phone: str) -> bool:
        """Whether a number of any of these families is also an imprisoned parent's."""
        self._look()
        return self._key(PARENT, "e164", phone) in self._parents

    def carers_inside(self, *, known: int) -> dict[str, bool]:
        """The families whose carer is an imprisoned parent, in whichever family; and whether that was so already among
        the first ``known`` that were added."""
        self._look()
        if not self._carers_inside:
            return {}
        carers, inside = dict[str, int](), set[int]()
        for place, ref in enumerate(self._refs[:known]):
            own = self._at(place)
            inside.update(own[bisect_left(own, _INSIDE) :])
            if ref in self._carers_inside:
                carers[ref] = own[0]
        return {ref: ref in carers and _as_inside(carers[ref]) in inside for ref in sorted(self._carers_inside)}

    def same_carer(self, ref: str) -> frozenset[str]:
        """Other references that the same carer stands under."""
        self._look()
        if ref not in self._alike:
            return frozenset()
        return frozenset(other for key in _parted(self._own(ref))[0] for other in self._others(key, ref))

    def likely_the_same(self, ref: str) -> tuple[str, ...]:
        self._look()
        if ref not in self._alike:
            return ()
        _, names, phones, children, _ = _parted(self._own(ref))
        two = {other for key in _pairs(names, phones, children) for other in self._others(key, ref)}
        return tuple(sorted(self.same_carer(ref) | two))

    def _key(self, kind: int, purpose: str, value: str) -> int:
        return kind << _SHIFT | int(self.blind(purpose, value)[:15], 16)

    def _others(self, key: int, ref: str) -> tuple[str, ...]:
        return tuple(sorted(other for other in self._look().get(key, ()) if other != ref))

    def _add(self, ref: str, own: array[int]) -> None:
        if ref in self._place:
            self._place_before[ref] = self._place[ref]
        self._place[ref] = len(self._refs)
        self._refs.append(ref)
        self._keys.extend(own)
        self._ends.append(len(self._keys))
        self._met = None

    def _own(self, ref: str) -> array[int]:
        return self._at(self._place[ref])

    def _at(self, place: int) -> array[int]:
        return self._keys[self._ends[place - 1] if place else 0 : self._ends[place]]

    def _look(self) -> dict[int, list[str]]:
        """Which keys several families have. Done once, when everybody is there.

        Most families have none of their keys in common with anybody: they are passed by at once.
        """
        if self._met is None:
            several, inside = self._several()
            waits = {key - _TO_PARENTS for key in self._parents} | {key - _TO_INSIDE for key in inside}
            alone = (several | waits).isdisjoint
            self._met = defaultdict(list)
            self._meeting, self._alike, self._carers_inside = set(), set(), set()
            together: dict[int, list[int]] = defaultdict(list)
            for place, ref in enumerate(self._refs):
                if self._place[ref] != place or alone(own := self._at(place)):
                    continue
                # What nobody else has is no meeting. Nor is a name or a birthday alone; two of three together are.
                carer, names, phones, children, rest = _parted([key for key in own if key in several])
                for key in (*carer, *phones, *rest, *_pairs(names, phones, children)):
                    together[key].append(place)
                for key in waits.intersection(own):
                    (self._meeting if key >> _SHIFT == PHONE else self._carers_inside).add(ref)
            for key, places in together.items():
                if len(places) > 1:
                    refs = [self._refs[place] for place in places]
                    self._met[key] = refs[:MOST_TOGETHER]
                    if key >> _SHIFT in (PHONE, CHILD_REF):
                        self._meeting.update(refs)
                    elif key >> _SHIFT in (CARER, PAIR):
                        self._alike.update(refs)
        return self._met

    def _several(self) -> tuple[set[int], set[int]]:
        """The keys that more than one family has, and those of people inside; and notes the parents' numbers. The last
        word about a family counts."""
        keys = self._in_doubt()
        keys.sort()
        starts = [bisect_left(keys, kind << _SHIFT) for kind in (PARENT, CHILD_REF, INSIDE)]
        self._parents = {*keys[starts[0] : starts[1]], *self._parents_before}
        several = {one for one, other in pairwise(keys[: starts[2]]) if one == other}
        return several, set(keys[starts[2] :])

    def _in_doubt(self) -> list[int]:
        """Every key that stands twice, or as a carer's and a parent's, and some more: those that share a box with
        another. Most keys stand alone, and to sort them all takes most of the time and the memory of an import."""
        boxes = bytearray(_BOXES)
        keys = self._last_words()
        for key in keys:
            box = key % _BOXES
            boxes[box] = 2 if boxes[box] else 1
        return [key for key in keys if boxes[key % _BOXES] == 2]

    def _last_words(self) -> array[int]:
        """The keys of every family, as the last that was said of it has them."""
        if len(self._place) == len(self._refs):
            return self._keys
        last = (place for place, ref in enumerate(self._refs) if self._place[ref] == place)
        return array("Q", chain.from_iterable(map(self._at, last)))


def parents_key(index: str) -> int:
    """The key of an imprisoned parent's number, of ``blind("e164", number)``."""
    return PARENT << _SHIFT | int(index[:15], 16)


def _as_inside(carer: int) -> int:
    """The key that the same person has as an imprisoned parent."""
    return carer + _TO_INSIDE


def _pairs(names: Sequence[int], phones: Sequence[int], children: Sequence[int]) -> list[int]:
    """Each two of a name, a number and a child of one family, as one key."""
    two = chain(product(names, phones), product(names, children), product(phones, children))
    return [PAIR << _SHIFT | (one * 31 + other) & (1 << _SHIFT) - 1 for one, other in two]


def _parted(own: Sequence[int]) -> list[Sequence[int]]:
    """A family's keys, which stand in their order: of its carer, names, numbers, children by name, and the rest, but
    who is inside."""
    ends = [bisect_left(own, kind << _SHIFT) for kind in (NAME, PHONE, CHILD, PARENT, INSIDE)]
    return [own[start:end] for start, end in pairwise((0, *ends))]


_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))


def name_words(name: str) -> list[str]:
    """The words of a name without case, accents or order."""
    if name.isascii():
        return sorted(name.lower().split())
    plain = unicodedata.normalize("NFKD", name.casefold()).translate(_JOINERS)
    return sorted("".join(letter for letter in plain if not unicodedata.combining(letter)).split())
