"""On whose list today's calls stand.

Rules
* A call stands on one list, or on none. What stands on the list of somebody who is there today stays there.
* Promised times are dealt first, in their order, to somebody who is on duty then; the others by when they are due.
* A family that knows somebody stays with them; on their day off with whoever covers them; without cover a promised call
  goes to somebody who is there, any other waits for them, so that a family meets one voice.
* Careful contact is for the named, trained practitioner alone.
* Everything else goes to whoever of those on duty today has the fewest calls; where several have as few, turns are
  taken by the day. Nobody gets a family they know, and who handed a call back
  does not get it again: with nobody else there it stands on no list until somebody takes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCall:
    """``knows``: whom the family knows; ``on_list_of``: where it stands today; ``barred``: who knows the family."""

    id: str
    due_at: datetime
    promised: bool = False
    careful: bool = False
    knows: str | None = None
    on_list_of: str | None = None
    passed_by: str | None = None
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who is there today. ``on``: their hours."""

    id: str
    trained: bool = False
    on: tuple[tuple[datetime, datetime], ...] = ()

    def there_at(self, moment: datetime) -> bool:
        return any(start <= moment < end for start, end in self.on)


def deal(
    calls: Sequence[DueCall],
    callers: Sequence[Caller],
    *,
    day: date,
    covers: Mapping[str, str],
    at_work: frozenset[str],
) -> dict[str, str | None]:
    """Call -> on whose list. ``covers``: who is away -> who is there for them; ``at_work``: who has not left."""
    here = {each.id: each for each in callers}
    turn = [each.id for each in sorted(callers, key=lambda each: each.id)]
    turn = turn[day.toordinal() % len(turn) :] + turn[: day.toordinal() % len(turn)] if turn else []
    load: Counter[str] = Counter()
    dealt: dict[str, str | None] = {}
    left = []
    for call in calls:
        stays = call.on_list_of
        if stays in here and stays not in call.barred and _may_stay(call, here):
            dealt[call.id] = stays
            load[stays or ""] += 1
        else:
            left.append(call)
    for call in sorted(left, key=lambda each: (not each.promised, each.due_at, each.id)):
        chosen = _whose(call, here, turn, load, covers, at_work)
        dealt[call.id] = chosen
        if chosen is not None:
            load[chosen] += 1
    return dealt


def _may_stay(call: DueCall, here: Mapping[str, Caller]) -> bool:
    if call.careful:
        return call.on_list_of == call.knows
    theirs = call.knows in here and call.knows != call.passed_by and call.knows not in call.barred
    return not theirs or call.knows == call.on_list_of


def _whose(
    call: DueCall, here: Mapping[str, Caller], turn: Sequence[str], load: Counter[str], covers: Mapping[str, str],
    at_work: frozenset[str],
) -> str | None:  # fmt: skip
    knows = call.knows if call.knows in at_work and call.knows not in call.barred else None
    if call.careful:
        return knows
    if knows == call.passed_by:
        knows = None
    if knows in here:
        return knows
    if knows is not None:
        cover = covers.get(knows)
        if cover in here and cover not in call.barred:
            return cover
        if not call.promised:
            return knows
    able = [each for each in turn if each not in call.barred and each != call.passed_by]
    if call.promised:
        able = [each for each in able if here[each].there_at(call.due_at)] or able
    return min(able, key=lambda each: (load[each], turn.index(each)), default=knows)
