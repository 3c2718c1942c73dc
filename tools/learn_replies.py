"""Learns what runs of words speak for (`reply_learned`) from the labelled replies: `python tools/learn_replies.py`.

Writes `scripts_library/replies/en/learned.tsv`: per line a run of words and its weights, in hundredths. Run it after
rows were added to `tests/replies`, then score anew. The same rows always give the same file.

Options: `--without FILE` leaves out the texts of a file (to measure on rows that it never saw), `--out FILE`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from outreach.domain.reply_apart import own_words
from outreach.domain.reply_learned import COLUMNS, INTENTS, SCALE, runs
from outreach.domain.reply_lexicon import Lexicons
from outreach.domain.reply_values import Intent
from outreach.library.lexicons import FOLDER, LEARNED, load_lexicons

ROWS = Path(__file__).resolve().parents[1] / "tests" / "replies"
FILES = ("labelled.jsonl", "own.jsonl", "unseen.jsonl")
NOT_A_YES = "not_a_yes.txt"
SEEN_AT_LEAST = 2
ROUNDS, RATE, DECAY = 10, 0.3, 1e-5
_SIGNALS = {"safety_concern", "third_party"}

Example = tuple[str, str, bool]
"""A text, its intent, and whether it tells of danger or somebody else at the phone."""


def examples(without: frozenset[str]) -> list[Example]:
    """All labelled texts, each once, and those that are no yes."""
    found: dict[str, Example] = {}
    for name in FILES:
        for line in (ROWS / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            signal = bool(_SIGNALS & set(row.get("flags", ()))) or row["intent"] == "distress"
            found.setdefault(row["text"], (row["text"], row["intent"], signal))
    for text in (ROWS / NOT_A_YES).read_text(encoding="utf-8").splitlines():
        found.setdefault(text, (text, "unclear", False))
    return [example for text, example in found.items() if text not in without]


def learn(taught: Sequence[Example], lexicons: Lexicons) -> tuple[dict[str, list[int]], list[int]]:
    """The weights of each run, and what counts for every text: logistic regression, one example at a time."""
    heard = [runs(lexicons.read(own_words(text, ()).text)[0].words) for text, _, _ in taught]
    counts = Counter(run for each in heard for run in each)
    known = {run: place for place, run in enumerate(sorted(run for run, n in counts.items() if n >= SEEN_AT_LEAST))}
    places = [np.array([known[run] for run in each if run in known] + [len(known)]) for each in heard]
    wanted = np.zeros((len(taught), COLUMNS))
    for row, (_, intent, signal) in enumerate(taught):
        wanted[row, INTENTS.index(Intent(intent))] = 1
        wanted[row, -1] = signal
    weights = np.zeros((len(known) + 1, COLUMNS))
    steps = np.full_like(weights, 1e-6)
    order = np.random.default_rng(0)
    for _ in range(ROUNDS):
        for row in order.permutation(len(taught)):
            own = places[row]
            root = len(own) ** 0.5
            said = weights[own].sum(axis=0) / root
            share = np.exp(said[:-1] - said[:-1].max())
            wrong = np.append(share / share.sum(), 1 / (1 + np.exp(-said[-1]))) - wanted[row]
            slope = wrong / root
            steps[own] += slope * slope
            weights[own] -= RATE * slope / np.sqrt(steps[own]) + DECAY * weights[own]
    whole = np.rint(weights * SCALE).astype(int)
    return {run: whole[place].tolist() for run, place in known.items()}, whole[-1].tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description="Learn what runs of words speak for.")
    parser.add_argument("--without", type=Path, action="append", default=[])
    parser.add_argument("--out", type=Path, default=LEARNED)
    asked = parser.parse_args()
    left = frozenset(
        json.loads(line)["text"] for path in asked.without for line in path.read_text(encoding="utf-8").splitlines()
    )
    weights, base = learn(examples(left), load_lexicons(FOLDER))
    lines = ["\t".join(["run", *(intent.value for intent in INTENTS), "signal"])]
    lines += ["\t".join([run, *map(str, each)]) for run, each in (("", base), *weights.items())]
    asked.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(weights)} runs of words")


if __name__ == "__main__":
    main()
