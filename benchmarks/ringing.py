"""How long *Who is ringing?* takes among 300,000 families: `python benchmarks/ringing.py [families]`. SQLite.

By number, by its last four digits, and by two words of a name, the whole answer with the lines of the families found.
Names and numbers are made up; each family has a carer of two name words (of 4,000 and 9,000) and one number. Fails
where a 95th percentile is above 50 ms.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from outreach.bootstrap import ROOT, set_up
from outreach.domain.import_matches import name_words
from outreach.library.contents import load_library
from outreach.runtime import Runtime
from outreach.store.base import Base
from outreach.store.families import CarerRow, FamilyRow, NameIndexRow
from outreach.store.keyring import make_keyring
from outreach.store.numbers import FamilyNumberRow, NumberRow
from outreach.store.sealing import blind, make_keys, seal
from outreach.views.ringing import who_is_ringing
from tests import cast
from tests.conftest import make_runtime

LIMIT_MS, ASKED, PART = 50.0, 300, 10_000
TYPICAL = cast.BEN


def main() -> int:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    with tempfile.TemporaryDirectory() as folder:
        runtime = make_runtime(
            f"sqlite:///{folder}/ringing.sqlite", home=Path(folder), library=load_library(ROOT), keyring=make_keyring()
        )
        set_up(runtime)
        cast.people_the_house(runtime)
        began = time.perf_counter()
        _fill(runtime, many)
        print(f"{many} families, made in {time.perf_counter() - began:.0f} s; {ASKED} look-ups of each kind")
        chance = random.Random(7)
        asked = [chance.randrange(many) for _ in range(ASKED)]
        worst = max(
            _ask(runtime, "a number", asked, _number),
            _ask(runtime, "four digits", asked, lambda place: _number(place)[-4:]),
            _ask(runtime, "a name", asked, lambda place: " ".join(_name(place))),
        )
        runtime.sessions.close()
    return 0 if worst < LIMIT_MS else 1


def _ask(runtime: Runtime, kind: str, asked: list[int], words: Callable[[int], str]) -> float:
    taken: list[float] = []
    for place in asked:
        began = time.perf_counter()
        found = who_is_ringing(runtime, TYPICAL, words(place))
        taken.append((time.perf_counter() - began) * 1000)
        assert found.families, f"nobody was found by {kind}"
    high = statistics.quantiles(taken, n=20)[18]
    print(
        f"  {kind:12} median {statistics.median(taken):6.1f} ms, 95th percentile {high:6.1f} ms, most {max(taken):6.1f}"
    )
    return high


def _fill(runtime: Runtime, many: int) -> None:
    """Rows straight into the tables. One family's key serves for all: what is measured is the looking, not the keys."""
    key, now = "key-of-all", runtime.now()
    with runtime.sessions.begin() as session:
        make_keys(session, [key], now=now)
    for start in range(0, many, PART):
        with runtime.sessions.begin() as session:
            rows: dict[type[Base], list[dict[str, Any]]] = {}
            for place in range(start, min(start + PART, many)):
                for table, row in _rows(session, place, now):
                    rows.setdefault(table, []).append(row)
            for table, held in rows.items():
                session.execute(insert(table), held)


def _rows(session: Any, place: int, now: Any) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    family, e164 = f"family-{place}", _number(place)
    yield FamilyRow, {
        "id": family, "ref": f"F{place:06}", "area_code": "OXF", "imprisoned_on": date(2026, 1, 5),
        "custody": "sentenced", "custody_as_of": date(2026, 1, 5), "checks": "complete", "open_to": "none",
        "record": b"", "fingerprint": "", "made_at": now,
    }  # fmt: skip
    sealed = seal(session, "A B", key_id="key-of-all", table="carer", column="name", row_id=f"carer-{place}")
    yield CarerRow, {
        "id": f"carer-{place}", "family_id": family, "ref": "c", "name": sealed, "relationship": "mother",
    }  # fmt: skip
    for word in set(name_words(" ".join(_name(place)))):
        yield NameIndexRow, {"word": blind(session, "name", word), "family_id": family}
    yield NumberRow, {
        "id": f"number-{place}", "e164": b"", "e164_index": blind(session, "e164", e164),
        "last4_index": blind(session, "last4", e164[-4:]), "kind": "mobile",
    }  # fmt: skip
    yield FamilyNumberRow, {"family_id": family, "number_id": f"number-{place}", "position": 1}


def _number(place: int) -> str:
    return f"+44740{place * 31 % 10_000_000:07}"


def _name(place: int) -> tuple[str, str]:
    return f"first{place % 4000}", f"last{place * 7 % 9000}"


if __name__ == "__main__":
    sys.exit(main())
