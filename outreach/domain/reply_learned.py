"""What runs of words speak for, learned from labelled replies: a second reading that knows no phrase.

Rules:

- The phrases of the lexicons read first. They know what somebody thought of; this knows what the labelled replies have
  in common, and hears in a text of everyday words what no phrase holds. What it may change says `reply_second`.
- A **run** is one, two or three words that stand together in a respelt English text. `<` is where a sentence begins,
  `,` a pause before a word, `>` the end of the text, `?` that a sentence asks.
- Each run has a weight for each intent and one for danger or somebody else at the phone. A text's weights are added
  and divided by the square root of how many there are; shares of intents add up to one.
- It is fixed: `tools/learn_replies.py` makes it from the rows in `tests/replies`, nothing of a family is learned from,
  and the same text has the same shares on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outreach.domain.reply_normalise import Words
from outreach.domain.reply_values import Intent

#: What the columns of the weights stand for; the last one is danger, or somebody else at the phone.
INTENTS: tuple[Intent, ...] = tuple(Intent)
COLUMNS = len(INTENTS) + 1
#: Weights are whole numbers of this many to one.
SCALE = 100
LONGEST_RUN = 3


@dataclass(frozen=True, slots=True)
class Opinion:
    """How much speaks for each intent, from 0 to 1, and how much for danger or somebody else at the phone."""

    shares: Mapping[Intent, float]
    signal: float

    @property
    def intent(self) -> Intent:
        """What most speaks for."""
        return max(INTENTS, key=lambda intent: self.shares[intent])

    def share(self, intent: Intent) -> float:
        """How much speaks for one intent."""
        return self.shares[intent]


def runs(words: Words) -> dict[str, tuple[int, int]]:
    """The runs of a text, shortest first, each with the words that it holds: from the first to behind the last."""
    steps: list[str] = []
    places: list[int] = []
    for place, word in enumerate(words.words):
        begins = not place or words.sentences[place] != words.sentences[place - 1]
        if begins or place in words.pauses:
            steps.append("<" if begins else ",")
            places.append(place)
        steps.append(word)
        places.append(place)
    ends = [">", "?"] if words.asks else [">"]
    steps += ends
    places += [len(words.words)] * (len(ends) + 1)
    found: dict[str, tuple[int, int]] = {}
    for length in range(1, LONGEST_RUN + 1):
        for start in range(len(steps) - length + 1):
            found.setdefault(" ".join(steps[start : start + length]), (places[start], places[start + length]))
    return found


class Learned:
    """The weights of all runs. `base` is what counts for every text."""

    def __init__(self, weights: Mapping[str, Sequence[int]], base: Sequence[int]) -> None:
        self._weights = weights
        self._base = base

    def opinion(self, words: Words) -> Opinion:
        """The opinion of a text."""
        found = [self._weights[run] for run in runs(words) if run in self._weights]
        found.append(self._base)
        root = math.sqrt(len(found)) * SCALE
        sums = [sum(column) / root for column in zip(*found, strict=True)]
        highest = max(sums[:-1])
        each = [math.exp(one - highest) for one in sums[:-1]]
        total = sum(each)
        shares = {intent: one / total for intent, one in zip(INTENTS, each, strict=True)}
        return Opinion(shares, 1 / (1 + math.exp(-sums[-1])))

    def telling(self, words: Words, intent: Intent) -> tuple[int, int]:
        """The words that most speak for an intent: from the first to behind the last."""
        column = INTENTS.index(intent)
        places = {run: place for run, place in runs(words).items() if run in self._weights and place[0] < place[1]}
        best = max(places, key=lambda run: self._weights[run][column], default=None)
        return places[best] if best is not None else (0, len(words.words))
