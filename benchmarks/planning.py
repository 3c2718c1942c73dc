"""Planning and claiming while more and more families are enrolled: what one due offer costs must not grow.

    python benchmarks/planning.py [--quick] [--sqlite]     about 15 minutes; quick, without the million, 4

Each enrolled family has a child, a number, a text of last month and an offer to come. At each size, three rounds of 100
families to plan, 100 offers by text that fall due, and 100 texts to claim; medians, and the ratio to the first size.
What is compared is the processor's time, of this process and of the PostgreSQL server: a busy machine distorts it
least. On the wall a commit waits for the disk, at every size alike. Prints a Markdown table. Fails where a cost is
above 1.5 times that of the first size.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.enrolled import a_house, databases, enrol_many, make_due, people_it
from benchmarks.taken import Taken, timed
from outreach.engine.claim_texts import claim
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime

SIZES, LIMIT, ROUNDS, AT_ONCE = (100_000, 300_000, 1_000_000), 1.5, 3, 100
WORK = ("plan", "ask the gate", "claim")


def main() -> int:
    sizes = SIZES[:-1] if "--quick" in sys.argv else SIZES
    failed = False
    work = " | ".join(f"{each}, ms" for each in WORK)
    print(f"| database | enrolled | {work} | all, ms | ratio | on the wall, ms | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    with databases(postgresql="--sqlite" not in sys.argv) as every:
        for name, url, home in every:
            runtime, first, there, made = a_house(url, home), Taken(), 0, 0
            people_it(runtime)
            for size in sizes:
                enrol_many(runtime, there, size)
                there = size
                _a_round(runtime, url, made)  # to warm up
                made += 3 * AT_ONCE
                found: list[list[Taken]] = []
                for _ in range(ROUNDS):
                    found.append(_a_round(runtime, url, made))
                    made += 3 * AT_ONCE
                costs = [statistics.median(one.cpu for one in each) for each in zip(*found, strict=True)]
                walls = [statistics.median(one.wall for one in each) for each in zip(*found, strict=True)]
                whole = Taken(sum(walls), sum(costs))
                first = first if first.cpu else whole
                failed = failed or whole.cpu > first.cpu * LIMIT
                row = " | ".join(f"{cost:.2f}" for cost in (*costs, whole.cpu, whole.cpu / first.cpu))
                wall = f"{whole.wall:.1f} | {whole.wall / first.wall:.2f}"
                print(f"| {name} | {size:,} | {row} | {wall} |", flush=True)
            runtime.sessions.close()
    return int(failed)


def _a_round(runtime: Runtime, url: str, made: int) -> list[Taken]:
    """Per family to plan, per offer to ask the gate about, per text to claim."""
    make_due(runtime, made, made + AT_ONCE, offered=False)
    planned = _timed(url, lambda: run_cadences(runtime))
    make_due(runtime, made + AT_ONCE, made + 2 * AT_ONCE)
    asked = _timed(url, lambda: run_cadences(runtime))
    _claim_all(runtime)
    make_due(runtime, made + 2 * AT_ONCE, made + 3 * AT_ONCE, queued=True)
    return [planned, asked, _timed(url, lambda: _claim_all(runtime))]


def _claim_all(runtime: Runtime) -> int:
    count = 0
    while (claims := claim(runtime, most=16)).looked_at:
        count += len(claims.texts)
    return count


def _timed(url: str, work: Callable[[], int]) -> Taken:
    """Milliseconds for each."""
    with timed(taken := Taken(), url):
        count = work()
    assert count >= AT_ONCE, count
    return Taken(taken.wall * 1000 / AT_ONCE, taken.cpu * 1000 / AT_ONCE)


if __name__ == "__main__":
    sys.exit(main())
