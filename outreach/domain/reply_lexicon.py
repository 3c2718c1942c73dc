"""All the languages' words, and the one walk that finds their phrases in a text.

Rules:

- Phrases are folded and respelt exactly as texts are, so that they are compared like with like.
- Phrases do not run across the end of a sentence.
- English is respelt (text-speak, typing slips); other languages are matched as they were typed, so
  that no English habit bends them.
- A longer word that nobody knows is the one word that it is a slip of the thumb away from, where there is just one.
- Where phrases of plain meaning overlap the longest counts, and `neutral` wins a tie. Danger is read
  over everything, and silenced only by a longer `not_danger` that holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from outreach.domain.reply_normalise import Words, fold, other_vowels, slips, split, surfaces, unstretch
from outreach.domain.reply_phrases import KINDS, SPECIAL, Lexicon, LexiconError, Piece, forms_of

GAP = 3
#: A word this long is taken for the one it is a slip away from.
_LONG_WORD = 6
#: Words without a space between them are looked for from this length on.
_RUN_TOGETHER = 9
#: The themes of everyday words that have nothing to do with an offer of help.
_ERRANDS = frozenset({"work", "home", "health", "more_reasons"})
#: Words that a phrase may hold anywhere: "we would really very much like to".
_SAYS_NO_MORE = frozenset(
    {
        "really", "very", "much", "honestly", "definitely", "absolutely", "actually", "truly", "genuinely", "please",
        "kindly", "certainly", "simply", "personally", "obviously", "dearly",
    }
)  # fmt: skip
_AT_MOST = 3
_ABOUT_TEXTING = frozenset({"stop", "text", "texts", "texting", "message", "messages", "contact", "unsubscribe"})


@dataclass(frozen=True, slots=True)
class Tag:
    """A phrase found in a text: what it means, in which language, over which words.

    `free` are the words inside it that the phrase leaves open: any word, a name, or a gap.
    """

    kind: str
    language: str
    start: int
    end: int
    whole: bool
    fuzzy: bool = False
    free: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        """How many words it holds."""
        return self.end - self.start


class _Node:
    """One step of the walk: where a word, one of several words, any word or a gap leads."""

    __slots__ = ("any", "ends", "gap", "last", "name", "next", "sets")

    def __init__(self) -> None:
        self.sets: dict[frozenset[str], _Node] = {}
        self.next: dict[str, tuple[_Node, ...]] = {}
        self.any: _Node | None = None
        self.name: _Node | None = None
        self.gap: _Node | None = None
        self.last: list[tuple[str, str, bool]] = []
        self.ends: list[tuple[str, str, bool]] = []


@dataclass(frozen=True, slots=True)
class Read:
    """A text in words, with what was found in them."""

    words: Words
    tags: tuple[Tag, ...]
    respelt: frozenset[int]
    origin: tuple[int, ...]
    typed: tuple[str, ...]

    def said(self, tag: Tag) -> str:
        """The words of a tag as they were typed, or as they were read where the two cannot be laid side by side."""
        if len(self.typed) == self.origin[-1]:
            return " ".join(self.typed[self.origin[tag.start] : self.origin[tag.end]])
        return " ".join(self.words.words[tag.start : tag.end])


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


class Lexicons:
    """All the languages, ready to be looked for in a text. Made once, used for every text; never changed."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        self._by_language = {lexicon.language: lexicon for lexicon in lexicons}
        if "en" not in self._by_language:
            raise LexiconError("The English lexicon is missing: every text is read in English too.")
        self._spellings: dict[str, str] = {}
        self._pairs: dict[tuple[str, ...], str] = {}
        self._slips: dict[str, str] = {}
        self._shortened: dict[str, str] = {}
        self._english = _Node()
        self._foreign = _Node()
        self._vocabulary: frozenset[str] = frozenset()
        self._known: frozenset[str] = frozenset()
        self._spelt: frozenset[str] = frozenset()
        vocabulary: set[str] = set()
        english = self._by_language["en"]
        for word, variants in english.spellings.items():
            for variant in variants:
                pieces = tuple(split(fold(variant), frozenset()).words)
                if len(pieces) == 1:
                    self._spellings[pieces[0]] = word
                else:
                    self._pairs[pieces] = word
        self._shaped: dict[tuple[str, bool], tuple[str, ...]] = {}
        self._names = frozenset(fold(name) for name in english.names)
        self._starts = frozenset(pair[0] for pair in self._pairs)
        self._vocabulary = frozenset(self._spellings)
        for lexicon in lexicons:
            self._add(lexicon, vocabulary if lexicon.language == "en" else None)
        self._filler = {language: self._folded(lex, lex.filler) for language, lex in self._by_language.items()}
        self._courtesy = {language: self._folded(lex, lex.courtesy) for language, lex in self._by_language.items()}
        self._assent = self._folded(english, english.assent)
        self._company = self._folded(english, english.company)
        self._topics = self._folded(english, english.topics)
        self._everyday = {theme: self._folded(english, words) for theme, words in english.everyday.items()}
        vocabulary |= self._filler["en"] | self._courtesy["en"] | self._assent | self._company | self._topics
        self._vocabulary = frozenset(vocabulary | set(self._spellings))
        for word in english.slips:
            for slip in slips(word):
                if slip not in self._vocabulary:
                    self._slips.setdefault(slip, word)
        self._harmless = frozenset[str]().union(*self._everyday.values()) | self._courtesy["en"]
        errands = [words for theme, words in self._everyday.items() if theme in _ERRANDS]
        offer = [words for theme, words in self._everyday.items() if theme not in _ERRANDS]
        self._errands = frozenset[str]().union(*errands) - frozenset[str]().union(*offer)
        self._spelt = self._harmless | self._vocabulary
        for word in self._spelt:
            if len(word) > _LONG_WORD and word.isascii() and word.isalpha():
                for place in range(1, len(word)):
                    shorter = word[:place] + word[place + 1 :]
                    self._shortened[shorter] = word if self._shortened.get(shorter, word) == word else ""
        self._known = self._vocabulary | frozenset(self._slips)
        self._shaped.clear()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages whose words are known."""
        return tuple(self._by_language)

    def reviewed(self, language: str) -> bool:
        """Whether a native speaker has reviewed the words of a language."""
        lexicon = self._by_language.get(language)
        return lexicon is not None and lexicon.reviewed

    def lexicon(self, language: str) -> Lexicon:
        """The words of one language."""
        return self._by_language[language]

    def filler(self, language: str) -> frozenset[str]:
        """The words that say nothing either way."""
        return self._filler[language]

    def courtesy(self, language: str) -> frozenset[str]:
        """The words of politeness that leave a one-word answer what it is."""
        return self._courtesy[language]

    def assent(self) -> frozenset[str]:
        """The English words that may stand beside a bare yes."""
        return self._assent

    def company(self) -> frozenset[str]:
        """The English words that may stand beside a yes in so many words."""
        return self._company

    def topics(self) -> frozenset[str]:
        """The English words for what a family speaks of when it says why, and means no harm."""
        return self._topics

    def everyday(self, theme: str | None = None) -> frozenset[str]:
        """The English words of one theme that leave a plain answer what it is, or of all."""
        return self._harmless if theme is None else self._everyday.get(theme, frozenset())

    def errands(self) -> frozenset[str]:
        """Everyday words of other business than the offer: no yes to it holds them in its own clause."""
        return self._errands

    def name(self, word: str) -> bool:
        """Whether a word is a first name that is known."""
        return word in self._names

    def known(self, word: str) -> bool:
        """Whether an English word is one of ours."""
        return word in self._vocabulary

    def read(self, text: str) -> tuple[Read, Read]:
        """The text as English (respelt), and as the other languages (as it was typed)."""
        typed = split(fold(text), self._known)
        english, fuzzy, respelt, origin = self._respell(typed)
        shown = surfaces(text)
        return (
            Read(english, tuple(self._find(english, self._english, fuzzy)), respelt, origin, shown),
            Read(
                typed, tuple(self._find(typed, self._foreign)), frozenset(), tuple(range(len(typed.words) + 1)), shown
            ),
        )

    def respell(self, text: str) -> Words:
        """The text as English words, respelt."""
        return self._respell(split(fold(text), self._known))[0]

    # -- making ---------------------------------------------------------------------------------

    def _add(self, lexicon: Lexicon, vocabulary: set[str] | None) -> None:
        english = vocabulary is not None
        classes = {name: self._choices(words, english=english) for name, words in lexicon.classes.items()}
        root = self._english if english else self._foreign
        planted: set[str] = set()
        for kind, phrases in lexicon.phrases.items():
            if kind not in KINDS:
                raise LexiconError(f"{lexicon.language}: there is no kind {kind!r}.")
            for phrase in phrases:
                whole = phrase.startswith("=")
                for form in forms_of(phrase.removeprefix("=").strip()):
                    for shaped in self._spread(form, classes, english=english, phrase=phrase):
                        self._plant(root, shaped, (kind, lexicon.language, whole), phrase)
                        for step in shaped:
                            planted |= {step} if isinstance(step, str) else step
        if vocabulary is not None:
            vocabulary |= planted - SPECIAL

    def _choices(self, words: Iterable[str], *, english: bool) -> list[tuple[Piece, ...]]:
        """One choice of all the single words, and each longer one."""
        single: set[str] = set()
        longer: list[tuple[Piece, ...]] = []
        for word in words:
            for form in self._shape(word, english=english):
                if len(form) == 1:
                    single.add(form[0])
                else:
                    longer.append(form)
        return ([(frozenset(single),)] if single else []) + longer

    def _folded(self, lexicon: Lexicon, words: Iterable[str]) -> frozenset[str]:
        english = lexicon.language == "en"
        return frozenset(word for typed in words for form in self._shape(typed, english=english) for word in form)

    def _shape(self, words: str, *, english: bool) -> list[tuple[str, ...]]:
        shaped = self._shaped.get((words, english))
        if shaped is None:
            typed = split(fold(words), frozenset())
            shaped = (self._respell(typed)[0] if english else typed).words
            self._shaped[words, english] = shaped
        return [shaped] if shaped else []

    def _spread(
        self,
        form: tuple[Piece, ...],
        classes: Mapping[str, list[tuple[Piece, ...]]],
        *,
        english: bool,
        phrase: str,
    ) -> Iterable[tuple[Piece, ...]]:
        runs: list[list[tuple[Piece, ...]]] = []
        plain: list[str] = []

        def settle() -> None:
            if plain:
                runs.append(list(self._shape(" ".join(plain), english=english)) or [()])
                plain.clear()

        for piece in form:
            if isinstance(piece, frozenset):
                settle()
                runs.append(self._choices(sorted(piece), english=english))
            elif piece in SPECIAL:
                settle()
                runs.append([(piece,)])
            elif piece.startswith("{"):
                settle()
                name = piece[1:-1]
                if name not in classes:
                    raise LexiconError(f"The phrase {phrase!r} names a class {name!r} that is not there.")
                runs.append(classes[name])
            else:
                plain.append(piece)
        settle()
        for chosen in product(*runs):
            yield tuple(word for part in chosen for word in part)

    def _plant(self, root: _Node, steps: tuple[Piece, ...], end: tuple[str, str, bool], phrase: str) -> None:
        if all(step in SPECIAL for step in steps):
            raise LexiconError(f"The phrase {phrase!r} holds no word.")
        node = root
        for step in steps:
            if step == "$":
                continue
            if step == "..":
                node.gap = node.gap or _Node()
                node = node.gap
            elif step == "_":
                node.any = node.any or _Node()
                node = node.any
            elif step == "@":
                node.name = node.name or _Node()
                node = node.name
            else:
                words = frozenset({step}) if isinstance(step, str) else step
                known = node.sets.get(words)
                if known is None:
                    known = node.sets[words] = _Node()
                    for word in words:
                        node.next[word] = (*node.next.get(word, ()), known)
                node = known
        target = node.last if steps[-1] == "$" else node.ends
        if end not in target:
            target.append(end)

    # -- reading --------------------------------------------------------------------------------

    def _respell(self, typed: Words) -> tuple[Words, frozenset[int], frozenset[int], tuple[int, ...]]:
        words: list[str] = []
        sentences: list[int] = []
        fuzzy: set[int] = set()
        respelt: set[int] = set()
        origin: list[int] = []
        known = self._vocabulary
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
            if word in _SOUNDS and words and place + 1 < len(source):
                after = source[place + 1]
                if after not in _COUNTED and words[-1] not in _COUNTING and not after.isdigit():
                    word = _SOUNDS[word]
            word = self._spellings.get(word, word)
            if word not in known:
                shorter = unstretch(word, self._known)
                shorter = self._spellings.get(shorter, shorter)
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
        if len(word) < _RUN_TOGETHER or not self._known or word in self._known or not word.isascii():
            return ()
        best: dict[int, tuple[str, ...]] = {0: ()}
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - _RUN_TOGETHER), end - 1):
                if start in best and word[start:end] in self._known:
                    found = (*best[start], word[start:end])
                    if end not in best or len(found) < len(best[end]):
                        best[end] = found
        run = tuple(self._spellings.get(each, each) for each in best.get(len(word), ()))
        return run if _ABOUT_TEXTING & set(run) else ()

    def _near(self, word: str) -> str | None:
        """The one word that we know which a longer unknown one is a slip away from."""
        if (
            len(word) < _LONG_WORD
            or not self._known
            or word in self._known
            or word in self._spelt
            or not word.isascii()
        ):
            return None
        if any(word.endswith(end) and word.removesuffix(end) in self._spelt for end in ("s", "d", "ed", "ing", "ly")):
            return None
        all_slips = [slip for slip in (*slips(word), *other_vowels(word)) if slip[0] == word[0]]
        found = {slip for slip in all_slips if self.known(slip)} or {slip for slip in all_slips if slip in self._spelt}
        meant = {self._spellings.get(slip, slip) for slip in found}
        return meant.pop() if len(meant) == 1 else (not meant and self._shortened.get(word)) or None

    def _name(self, word: str) -> bool:
        return word in self._names or (word not in self._known and word.isalpha())

    def _find(self, text: Words, root: _Node, fuzzy: frozenset[int] = frozenset()) -> list[Tag]:
        words, sentences = text.words, text.sentences
        count = len(words)
        until = [0] * count
        end = count
        for place in range(count - 1, -1, -1):
            if place + 1 < count and sentences[place + 1] != sentences[place]:
                end = place + 1
            until[place] = end
        first_of = [not place or sentences[place - 1] != sentences[place] for place in range(count)]
        seen: dict[tuple[str, str, int, int, bool], tuple[int, ...]] = {}

        def found(ends: list[tuple[str, str, bool]], start: int, end: int, free: tuple[int, ...]) -> None:
            for kind, language, whole in ends:
                key = (kind, language, start, end, whole)
                if key not in seen or len(free) < len(seen[key]):
                    seen[key] = free

        def walk(node: _Node, place: int, start: int, limit: int, free: tuple[int, ...] = (), passed: int = 0) -> None:
            if node.ends:
                found(node.ends, start, place, free)
            if node.last and place == limit:
                found(node.last, start, place, free)
            if place < limit:
                word = words[place]
                for step in node.next.get(word, ()):
                    walk(step, place + 1, start, limit, free, passed)
                if passed < _AT_MOST and word in _SAYS_NO_MORE and place > start and word not in node.next:
                    walk(node, place + 1, start, limit, free, passed + 1)
                if node.any is not None:
                    walk(node.any, place + 1, start, limit, (*free, place), passed)
                if node.name is not None and self._name(words[place]):
                    walk(node.name, place + 1, start, limit, (*free, place), passed)
            if node.gap is not None:
                for skip in range(min(GAP, limit - place) + 1):
                    walk(node.gap, place + skip, start, limit, (*free, *range(place, place + skip)), passed)

        opening = root.next.get("^", ())
        for place in range(count):
            walk(root, place, place, until[place])
            if opening and first_of[place]:
                for node in opening:
                    walk(node, place, place, until[place])
        return [
            Tag(*key, fuzzy=any(key[2] <= place < key[3] for place in fuzzy), free=free) for key, free in seen.items()
        ]
