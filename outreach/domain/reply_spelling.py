"""How English is respelt before it is read: text-speak, dialect, typing slips, words run together.

Rules:

- A spelling that the lexicon lists is the word that it stands for; two to four words may stand for one ("do not").
- "2" and "4" are "to" and "for" where nothing is counted. A dropped g comes back ("doin") where that makes a word.
- A stretched word is the word that it stretches. A longer word that nobody knows is the one word that it is a slip of
  the thumb, another vowel or one missing letter away from, where there is just one.
- Words without a space between them are told apart only where all are ours and one of them is about texting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from outreach.domain.reply_normalise import Words, fold, other_vowels, slips, split, unstretch

#: A word this long is taken for the one it is a slip away from.
_LONG_WORD = 6
#: Words without a space between them are looked for from this length on.
_RUN_TOGETHER = 9
_ABOUT_TEXTING = frozenset({"stop", "text", "texts", "texting", "message", "messages", "contact", "unsubscribe"})
#: "2" is "to" and "4" is "for", but not before something that is counted, nor after a word that counts.
_SOUNDS: Mapping[str, str] = {"2": "to", "4": "for"}
_COUNTED = frozenset(
    {
        "wk", "wks", "week", "weeks", "day", "days", "month", "months", "mth", "mths", "mnths", "year", "years", "yr",
        "yrs", "hour", "hours", "hrs", "min", "mins", "minutes", "pm", "am", "oclock", "kids", "children", "boys",
        "girls", "sons", "daughters", "lads", "bairns", "weans", "more", "or", "and", "times", "o", "ish", "yo", "of",
    }
)  # fmt: skip
_COUNTING = frozenset(
    {
        "in", "the", "my", "our", "have", "got", "with", "these", "those", "both", "at", "after", "before", "about",
        "around", "till", "until", "only", "his", "her", "for", "all", "and",
    }
)  # fmt: skip


#: What a "2" at the very end is a "to" behind: "we wud luv 2".
_LEFT_OPEN = frozenset({"love", "like", "want", "happy", "glad", "need", "have", "going"})


class Spelling:
    """The spellings of a language. `vocabulary` are its words; `letters` also what is a slip away from some of them."""

    def __init__(self, spellings: Mapping[str, Sequence[str]]) -> None:
        self._variants: dict[str, str] = {}
        self._pairs: dict[tuple[str, ...], str] = {}
        for word, variants in spellings.items():
            for variant in variants:
                pieces = tuple(split(fold(variant), frozenset()).words)
                if len(pieces) == 1:
                    self._variants[pieces[0]] = word
                else:
                    self._pairs[pieces] = word
        self._starts = frozenset(pair[0] for pair in self._pairs)
        self._slips: dict[str, str] = {}
        self._shortened: dict[str, str] = {}
        self._spelt: frozenset[str] = frozenset()
        self.vocabulary = frozenset(self._variants)
        self.letters: frozenset[str] = frozenset()

    def learn(self, vocabulary: Iterable[str], *, harmless: Iterable[str], slipped: Iterable[str]) -> None:
        """Know the words; once, when all the phrases are there."""
        self.vocabulary = frozenset({*vocabulary, *self._variants})
        self._spelt = self.vocabulary | frozenset(harmless)
        for word in slipped:
            for slip in slips(word):
                if slip not in self.vocabulary:
                    self._slips.setdefault(slip, word)
        for word in self._spelt:
            if len(word) > _LONG_WORD and word.isascii() and word.isalpha():
                for place in range(1, len(word)):
                    shorter = word[:place] + word[place + 1 :]
                    self._shortened[shorter] = word if self._shortened.get(shorter, word) == word else ""
        self.letters = self.vocabulary | frozenset(self._slips)

    def respell(self, typed: Words) -> tuple[Words, frozenset[int], frozenset[int], tuple[int, ...]]:
        words: list[str] = []
        sentences: list[int] = []
        fuzzy: set[int] = set()
        respelt: set[int] = set()
        origin: list[int] = []
        known = self.vocabulary
        source = typed.words
        place = 0
        while place < len(source):
            sentence = typed.sentences[place]
            word = source[place]
            origin.append(place)
            if word in self._starts:
                for length in (4, 3, 2):
                    pair = source[place : place + length]
                    if pair in self._pairs and typed.sentences[place + len(pair) - 1] == sentence:
                        words.append(self._pairs[pair])
                        sentences.append(sentence)
                        place += len(pair)
                        break
                else:
                    pair = ()
                if pair:
                    continue
            run = self._run_together(word)
            if run:
                words.extend(run)
                sentences.extend([sentence] * len(run))
                respelt.update(range(len(words) - len(run), len(words)))
                origin.extend([place] * (len(run) - 1))
                place += 1
                continue
            if word == "2" and place + 1 == len(source) and words and words[-1] in _LEFT_OPEN:
                word = "to"
            if word in _SOUNDS and words and place + 1 < len(source):
                after = source[place + 1]
                if after not in _COUNTED and words[-1] not in _COUNTING and not after.isdigit():
                    word = _SOUNDS[word]
            word = self._variants.get(word, word)
            if word not in known:
                shorter = unstretch(word, self.letters)
                shorter = self._variants.get(shorter, shorter)
                if shorter.endswith("in") and f"{shorter}g" in self._spelt:
                    shorter = f"{shorter}g"
                near = self._slips.get(shorter) or self._near(shorter)
                if near is not None:
                    fuzzy.add(len(words))
                    shorter = near
                word = shorter
            if word != source[place]:
                respelt.add(len(words))
            words.append(word)
            sentences.append(sentence)
            place += 1
        origin.append(len(source))
        pauses = frozenset(place for place, source_place in enumerate(origin[:-1]) if source_place in typed.pauses)
        respelt_words = Words(tuple(words), tuple(sentences), typed.asks, pauses)
        return respelt_words, frozenset(fuzzy), frozenset(respelt), tuple(origin)

    def _run_together(self, word: str) -> tuple[str, ...]:
        """The words of `nomoretextsplease`: only where all are ours, and one of them is about texting."""
        if len(word) < _RUN_TOGETHER or not self.letters or word in self.letters or not word.isascii():
            return ()
        best: dict[int, tuple[str, ...]] = {0: ()}
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - _RUN_TOGETHER), end - 1):
                if start in best and word[start:end] in self.letters:
                    found = (*best[start], word[start:end])
                    if end not in best or len(found) < len(best[end]):
                        best[end] = found
        run = tuple(self._variants.get(each, each) for each in best.get(len(word), ()))
        return run if _ABOUT_TEXTING & set(run) else ()

    def _near(self, word: str) -> str | None:
        """The one word that we know which a longer unknown one is a slip away from."""
        if (
            len(word) < _LONG_WORD
            or not self.letters
            or word in self.letters
            or word in self._spelt
            or not word.isascii()
        ):
            return None
        if any(word.endswith(end) and word.removesuffix(end) in self._spelt for end in ("s", "d", "ed", "ing", "ly")):
            return None
        all_slips = [slip for slip in (*slips(word), *other_vowels(word)) if slip[0] == word[0]]
        found = {slip for slip in all_slips if slip in self.vocabulary} or {
            slip for slip in all_slips if slip in self._spelt
        }
        meant = {self._variants.get(slip, slip) for slip in found}
        return meant.pop() if len(meant) == 1 else (not meant and self._shortened.get(word)) or None
