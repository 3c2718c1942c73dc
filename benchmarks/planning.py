"""Planning and claiming while more and more families are enrolled: what one due offer costs must not grow.

    python benchmarks/planning.py [--million] [--sqlite]     about 4 minutes; with a million, 15

Each enrolled family has a child, a number, a text of last month and an offer to come. At each size, three rounds of 100
families to plan, 100 offers by text that fall due, and 100 texts to claim; medians, and the ratio to the first size.
Prints a Markdown table. Fails where a cost is above 1.5 times that of the first size.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.enrolled import a_house, databases, enrol_many, make_due, people_it
from outreach.engine.claim_texts import claim
from outreach.engine.run_cadences import run_cadences
from outreach.runtime import Runtime

SIZES, LIMIT, ROUNDS, AT_ONCE = (100_000, 300_000), 1.5, 3, 100
WORK = ("plan", "ask the gate", "claim")


def main() -> int:
    sizes = (*SIZES, 1_000_000) if "--million" in sys.argv else SIZES
    failed = False
    print(f"| database | enrolled | {' | '.join(f'{work}, ms' for work in WORK)} | all, ms | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|", flush=True)
    with databases(postgresql="--sqlite" not in sys.argv) as every:
        for name, url, home in every:
            runtime, first, there, made = a_house(url, home), 0.0, 0, 0
            people_it(runtime)
            for size in sizes:
                enrol_many(runtime, there, size)
                there = size
                _a_round(runtime, made)  # to warm up
                made += 3 * AT_ONCE
                found: list[tuple[float, ...]] = []
                for _ in range(ROUNDS):
                    found.append(_a_round(runtime, made))
                    made += 3 * AT_ONCE
                costs = [statistics.median(each) for each in zip(*found, strict=True)]
                whole = sum(costs)
                first = first or whole
                failed = failed or whole > first * LIMIT
                row = " | ".join(f"{cost:.2f}" for cost in (*costs, whole))
                print(f"| {name} | {size:,} | {row} | {whole / first:.2f} |", flush=True)
            runtime.sessions.close()
    return int(failed)


def _a_round(runtime: Runtime, made: int) -> tuple[float, ...]:
    """Milliseconds per family to plan, per offer to ask the gate about, per text to claim."""
    make_due(runtime, made, made + AT_ONCE, offered=False)
    planned = _timed(lambda: run_cadences(runtime))
    make_due(runtime, made + AT_ONCE, made + 2 * AT_ONCE)
    asked = _timed(lambda: run_cadences(runtime))
    _claim_all(runtime)
    make_due(runtime, made + 2 * AT_ONCE, made + 3 * AT_ONCE, queued=True)
    return planned, asked, _timed(lambda: _claim_all(runtime))


def _claim_all(runtime: Runtime) -> int:
    count = 0
    while (claims := claim(runtime, most=16)).looked_at:
        count += len(claims.texts)
    return count


def _timed(work: Callable[[], int]) -> float:
    began = time.perf_counter()
    count = work()
    taken = (time.perf_counter() - began) * 1000
    assert count >= AT_ONCE, count
    return taken / AT_ONCE


if __name__ == "__main__":
    sys.exit(main())
