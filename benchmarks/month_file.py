"""A recognition file of any size for the benchmarks, and the next month's, in which 2 % of the families have changed.

About 1.73 children a family, 31 % of them open to a threshold; one number in fifty stands in two families.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta

from outreach.domain.intake_columns import COLUMNS

AREAS = ("OXF", "MKC", "BUC", "WBK")
OPEN_TO = ("none",) * 69 + ("early_help",) * 16 + ("child_in_need",) * 11 + ("child_protection",) * 4
FIRST = ("Amina", "Beth", "Chloe", "Dawn", "Ewa", "Fatima", "Grace", "Hannah", "Imani", "Joanna", "Kelly", "Leah")
LAST = tuple(f"{one}{other}" for one in ("ra", "li", "mo", "su", "ke") for other in "abdefhkn")
TODAY = "2026-01-05"


def rows(many: int, *, month: int) -> Iterator[dict[str, str]]:
    """The rows of ``many`` children, of the first ``month`` or the second."""
    family = 0
    for child in range(1, many + 1):
        if child % 19 % 11 not in (2, 4, 6, 8, 10):
            family += 1
        changed = month == 2 and family % 50 == 7
        how = family // 50 % 4 if changed else -1
        reached = family if family % 50 else family - 1
        yield {
            "family_ref": f"F{family:06}", "area": AREAS[family % 4], "parent_ref": f"P{family:06}",
            "imprisoned_on": f"2025-12-{1 + family % 28:02}", "custody": "released" if how == 2 else "remand",
            "custody_as_of": f"2026-01-0{month}", "child_ref": f"K{child:06}",
            "child_first_name": f"{FIRST[child % 12]}{'x' if how == 3 else ''}{LAST[child // 12 % 40]}",
            "child_born_on": (date(2009, 6, 1) + timedelta(days=child * 7919 % 5700)).isoformat(),
            "open_to": OPEN_TO[child * 37 % 100], "social_worker": f"Jo Example <jo{family % 900}@council.example>",
            "carer_ref": f"C{family:06}", "carer_name": f"{FIRST[family % 12]} Number{family}",
            "carer_relationship": "mother", "carer_phone": f"0740{reached * 31 % 10_000_000 + (how == 1):07}",
            "postcode": "OX1 1AB" if how == 0 else "OX1 1AA", "checks": "complete",
        }  # fmt: skip


def a_file(many: int, *, month: int) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [column.name for column in COLUMNS], restval="")
    writer.writeheader()
    writer.writerows(rows(many, month=month))
    return out.getvalue().encode()
