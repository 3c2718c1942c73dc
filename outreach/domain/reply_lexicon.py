"""All the languages' words, and the one walk that finds their phrases in a text.

Rules:

- Phrases are folded and respelt exactly as texts are, so that they are compared like with like.
- Phrases do not run across the end of a sentence.
- English is respelt (`reply_spelling`); other languages are matched as they were typed, so
  that no English habit bends them.
- Where phrases of plain meaning overlap the longest counts, and `neutral` wins a tie. Danger is read
  over everything, and silenced only by a longer `not_danger` or `idiom` that holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from outreach.domain.reply_learned import Learned
from outreach.domain.reply_normalise import Words, fold, split, surfaces
from outreach.domain.reply_phrases import DANGER, KINDS, SPECIAL, Lexicon, LexiconError, Piece, forms_of
from outreach.domain.reply_spelling import Spelling

GAP = 3
_MENACES = DANGER | {"uneasy", "concern"}
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


_NOWHERE: Final[dict[str, tuple[_Node, ...]]] = {}
"""What every step shares that leads nowhere by a word: never written to."""
_End = tuple[str, str, bool]
"""What is found where a phrase ends: kind, language, and whether it must be the whole text."""


class _Node:
    """One step of the walk: where a word, one of several words, any word or a gap leads.

    There are a hundred thousand of them, and most are an end and nothing else: what is empty takes no room.
    """

    __slots__ = ("any", "closes", "ends", "gap", "last", "name", "next", "sets")

    def __init__(self) -> None:
        self.sets: dict[frozenset[str], _Node] | None = None
        self.next: dict[str, tuple[_Node, ...]] = _NOWHERE
        self.any: _Node | None = None
        self.name: _Node | None = None
        self.gap: _Node | None = None
        self.last: tuple[_End, ...] = ()
        self.closes: tuple[_End, ...] = ()
        self.ends: tuple[_End, ...] = ()

    def to(self, words: frozenset[str]) -> _Node:
        """The step that any of these words leads to; made where there was none."""
        if self.sets is None:
            self.sets, self.next = {}, {}
        known = self.sets.get(words)
        if known is None:
            known = self.sets[words] = _Node()
            for word in words:
                self.next[word] = (*self.next.get(word, ()), known)
        return known

    def finish(self) -> None:
        """Nothing more is planted: what only that needs goes, here and in every step from here."""
        onward = [self.any, self.name, self.gap, *(self.sets or {}).values()]
        self.sets = None
        for node in onward:
            if node is not None:
                node.finish()


def _with(ends: tuple[_End, ...], end: _End) -> tuple[_End, ...]:
    return ends if end in ends else (*ends, end)


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


class Lexicons:
    """All the languages, ready to be looked for in a text. Made once, used for every text; never changed."""

    def __init__(self, lexicons: Sequence[Lexicon], learned: Learned | None = None) -> None:
        self.learned = learned
        self._by_language = {lexicon.language: lexicon for lexicon in lexicons}
        if "en" not in self._by_language:
            raise LexiconError("The English lexicon is missing: every text is read in English too.")
        self._english = _Node()
        self._foreign = _Node()
        vocabulary: set[str] = set()
        english = self._by_language["en"]
        self._spelling = Spelling(english.spellings)
        self._menacing: set[str] = set()
        self._shaped: dict[tuple[str, bool], tuple[str, ...]] = {}
        self._names = frozenset(fold(name) for name in english.names)
        for lexicon in lexicons:
            self._add(lexicon, vocabulary if lexicon.language == "en" else None)
        self._filler = {language: self._folded(lex, lex.filler) for language, lex in self._by_language.items()}
        self._courtesy = {language: self._folded(lex, lex.courtesy) for language, lex in self._by_language.items()}
        self._assent = self._folded(english, english.assent)
        self._topics = self._folded(english, english.topics)
        self._everyday = {theme: self._folded(english, words) for theme, words in english.everyday.items()}
        vocabulary |= self._filler["en"] | self._courtesy["en"] | self._assent | self._topics
        self._harmless = frozenset[str]().union(*self._everyday.values()) | self._courtesy["en"]
        errands = [words for theme, words in self._everyday.items() if theme in _ERRANDS]
        offer = [words for theme, words in self._everyday.items() if theme not in _ERRANDS]
        self._errands = frozenset[str]().union(*errands) - frozenset[str]().union(*offer)
        self._spelling.learn(vocabulary, harmless=self._harmless, slipped=english.slips)
        self._shaped.clear()
        self._english.finish()
        self._foreign.finish()

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

    def topics(self) -> frozenset[str]:
        """The English words for what a family speaks of when it says why, and means no harm."""
        return self._topics

    def everyday(self, theme: str | None = None) -> frozenset[str]:
        """The English words of one theme that leave a plain answer what it is, or of all."""
        return self._harmless if theme is None else self._everyday.get(theme, frozenset())

    def errands(self) -> frozenset[str]:
        """Everyday words of other business than the offer: no yes to it holds them in its own clause."""
        return self._errands

    def menacing(self, word: str) -> bool:
        """Whether an English word is one of those by which danger is told, and nothing else."""
        return word in self._menacing

    def name(self, word: str) -> bool:
        """Whether a word is a first name that is known."""
        return word in self._names

    def known(self, word: str) -> bool:
        """Whether an English word is one of ours."""
        return word in self._spelling.vocabulary

    def read(self, text: str) -> tuple[Read, Read]:
        """The text as English (respelt), and as the other languages (as it was typed)."""
        typed = split(fold(text), self._spelling.letters)
        english, fuzzy, respelt, origin = self._spelling.respell(typed)
        shown = surfaces(text)
        return (
            Read(english, tuple(self._find(english, self._english, fuzzy)), respelt, origin, shown),
            Read(
                typed, tuple(self._find(typed, self._foreign)), frozenset(), tuple(range(len(typed.words) + 1)), shown
            ),
        )

    def respell(self, text: str) -> Words:
        """The text as English words, respelt."""
        return self._spelling.respell(split(fold(text), self._spelling.letters))[0]

    # -- making ---------------------------------------------------------------------------------

    def _add(self, lexicon: Lexicon, vocabulary: set[str] | None) -> None:
        english = vocabulary is not None
        classes = {name: self._choices(words, english=english) for name, words in lexicon.classes.items()}
        root = self._english if english else self._foreign
        planted: set[str] = set()
        plain: set[str] = set()
        for kind, phrases in lexicon.phrases.items():
            if kind not in KINDS:
                raise LexiconError(f"{lexicon.language}: there is no kind {kind!r}.")
            for phrase in phrases:
                whole = phrase.startswith("=")
                for form in forms_of(phrase.removeprefix("=").strip()):
                    for shaped in self._spread(form, classes, english=english, phrase=phrase):
                        self._plant(root, shaped, (kind, lexicon.language, whole), phrase)
                        said = {word for step in shaped for word in ({step} if isinstance(step, str) else step)}
                        planted |= said
                        if english and kind not in ("not_danger", "idiom", "neutral"):
                            (self._menacing if kind in _MENACES else plain).update(said)
        if vocabulary is not None:
            vocabulary |= planted - SPECIAL
            self._menacing -= plain

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
            shaped = (self._spelling.respell(typed)[0] if english else typed).words
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

    def _plant(self, root: _Node, steps: tuple[Piece, ...], end: _End, phrase: str) -> None:
        if all(step in SPECIAL for step in steps):
            raise LexiconError(f"The phrase {phrase!r} holds no word.")
        node = root
        for step in steps:
            if step in ("$", ">"):
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
                node = node.to(frozenset({step}) if isinstance(step, str) else step)
        if steps[-1] == "$":
            node.last = _with(node.last, end)
        elif steps[-1] == ">":
            node.closes = _with(node.closes, end)
        else:
            node.ends = _with(node.ends, end)

    # -- reading --------------------------------------------------------------------------------

    def _name(self, word: str) -> bool:
        return word in self._names or (word not in self._spelling.letters and word.isalpha())

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

        def found(ends: tuple[_End, ...], start: int, end: int, free: tuple[int, ...]) -> None:
            for kind, language, whole in ends:
                key = (kind, language, start, end, whole)
                if key not in seen or len(free) < len(seen[key]):
                    seen[key] = free

        def walk(
            node: _Node,
            place: int,
            start: int,
            limit: int,
            free: tuple[int, ...] = (),
            passed: int = 0,
            *,
            skipped: bool = False,
        ) -> None:
            if node.ends and not skipped:
                found(node.ends, start, place, free)
            if node.last and place == limit:
                found(node.last, start, place, free)
            if node.closes and (place == limit or place in text.pauses):
                found(node.closes, start, place, free)
            if place < limit:
                word = words[place]
                for step in node.next.get(word, ()):
                    walk(step, place + 1, start, limit, free, passed)
                if passed < _AT_MOST and word in _SAYS_NO_MORE and place > start and word not in node.next:
                    walk(node, place + 1, start, limit, free, passed + 1, skipped=True)
                if node.any is not None:
                    walk(node.any, place + 1, start, limit, (*free, place), passed)
                if node.name is not None and self._name(words[place]):
                    walk(node.name, place + 1, start, limit, (*free, place), passed)
            if node.gap is not None:
                for skip in range(min(GAP, limit - place) + 1):
                    walk(node.gap, place + skip, start, limit, (*free, *range(place, place + skip)), passed)

        opening, clause = root.next.get("^", ()), root.next.get("<", ())
        for place in range(count):
            walk(root, place, place, until[place])
            if first_of[place]:
                for node in opening:
                    walk(node, place, place, until[place])
            if first_of[place] or place in text.pauses:
                for node in clause:
                    walk(node, place, place, until[place])
        return [
            Tag(*key, fuzzy=any(key[2] <= place < key[3] for place in fuzzy), free=free) for key, free in seen.items()
        ]
