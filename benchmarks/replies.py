"""How long a reply takes to read, on one core: `python benchmarks/replies.py`.

Fails where a reply takes more than one millisecond of processor time in the mean, or where the longest text that a
phone sends (ten segments), made to be slow to read, takes more than a quarter of a second.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from outreach.domain.reply import Context, read
from outreach.library.lexicons import FOLDER, load_lexicons

ROWS = Path(__file__).resolve().parents[1] / "tests" / "replies"
LIMIT_MS = 1.0
LONGEST = 1600
LONGEST_LIMIT_MS = 250.0
SLOW = (
    "call me ", "please ", "no not ", "really very much ", "help me ", "he said she said ", "s t o p ", "ab",
    "stoptextingme", "a", ". ", "not ready yet ask me again next week after ", "yes no later call ",
)  # fmt: skip


def main() -> int:
    began = time.perf_counter()
    lexicons = load_lexicons(FOLDER)
    loaded = time.perf_counter() - began
    context = Context(now=datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
    texts = [
        json.loads(line)["text"]
        for name in ("labelled.jsonl", "own.jsonl", "unseen.jsonl")
        for line in (ROWS / name).read_text(encoding="utf-8").splitlines()
    ]
    taken: list[float] = []
    for text in texts * 3:
        start = time.process_time_ns()
        read(text, context, lexicons)
        taken.append((time.process_time_ns() - start) / 1e6)
    taken.sort()
    mean = statistics.fmean(taken)
    print(
        f"{len(taken)} replies: mean {mean:.3f} ms, median {taken[len(taken) // 2]:.3f} ms, "
        f"99th percentile {taken[int(len(taken) * 0.99)]:.3f} ms, slowest {taken[-1]:.3f} ms"
    )
    print(f"the words of {len(lexicons.languages)} languages were read in {loaded:.2f} s")
    worst = 0.0
    for piece in SLOW:
        start = time.process_time_ns()
        read((piece * LONGEST)[:LONGEST], context, lexicons)
        worst = max(worst, (time.process_time_ns() - start) / 1e6)
    print(f"texts of {LONGEST} letters made to be slow: {worst:.0f} ms at most")
    return 0 if mean < LIMIT_MS and worst < LONGEST_LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
