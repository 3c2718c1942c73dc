"""The library: scripts, texts, reply lexicons, signposts and tips, read once and handed round as one value.

Rules
- A bundle is in one language. Where a script that it reaches is not there in that language it is taken in
  English (a practitioner can read it; the script the bundle begins with must be there), but a text
  conversation is never mixed: nobody is there to bridge it.
- A language is looked up by its primary tag: `pl-PL` finds `pl`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from outreach.domain.reply_lexicon import Lexicons
from outreach.domain.script import Bundle, Kind, Script
from outreach.domain.script_json import bundle_of
from outreach.library.debrief import Debrief, load_debrief
from outreach.library.lexicons import load_lexicons
from outreach.library.ordinary_words import load_ordinary_words
from outreach.library.practice import PracticeFamily, load_practice
from outreach.library.scripts import load_scripts
from outreach.library.signposts import Signpost, Tip, load_signposts, load_tips
from outreach.library.wordings import Wording, load_wordings

ENGLISH = "en"
NO_DEBRIEF = Debrief({}, {}, {})


@dataclass(frozen=True, slots=True)
class Library:
    scripts: Mapping[tuple[str, str], Script]
    wordings: Mapping[tuple[str, str], Wording]
    read_lexicons: Callable[[], Lexicons] = field(repr=False)
    signposts: Mapping[str, Signpost]
    tips: tuple[Tip, ...]
    practice: Mapping[str, PracticeFamily] = field(default_factory=dict)
    debrief: Debrief = NO_DEBRIEF
    ordinary_words: frozenset[str] = field(default=frozenset(), repr=False)
    """English words that are not taken for a name."""
    _bundles: dict[tuple[str, str], Bundle] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Those that were asked for: a library never changes once it is read."""

    @property
    def lexicons(self) -> Lexicons:
        """The words of families' texts. They take seconds and some 100 MB, and most commands read no text: they are
        read when they are first asked for, once."""
        return self.read_lexicons()

    def warm(self) -> None:
        """Read now what is read late: for who serves, so that the first text of a family does not wait."""
        self.read_lexicons()

    def bundle(self, name: str, language: str = ENGLISH) -> Bundle:
        """The script and all it reaches. ``LookupError`` where there is none in this language."""
        tag = primary(language)
        if (name, tag) not in self._bundles:
            self._bundles[name, tag] = self._bundle(name, tag)
        return self._bundles[name, tag]

    def _bundle(self, name: str, tag: str) -> Bundle:
        if (name, tag) not in self.scripts:
            raise LookupError(f"there is no script {name} in {tag}")
        mixed = self.scripts[name, tag].kind is not Kind.TEXT
        tags = (ENGLISH, tag) if mixed else (tag,)
        return bundle_of(
            name, {key: one for wanted in tags for (key, held), one in self.scripts.items() if held == wanted}
        )

    def wording(self, name: str, language: str = ENGLISH) -> Wording:
        """The text of this name. ``LookupError`` where there is none in this language."""
        found = self.wordings.get((name, primary(language)))
        if found is None:
            raise LookupError(f"there is no text {name} in {primary(language)}")
        return found


def primary(language: str) -> str:
    """`pl` of `pl-PL`; English where nothing is known."""
    return (language or ENGLISH).replace("_", "-").partition("-")[0].lower()


def load_library(root: Path) -> Library:
    """Everything under the root of the project. ``LibraryError`` with all that is wrong with the scripts."""
    scripts = root / "scripts_library"
    return Library(
        scripts=load_scripts(scripts),
        wordings=load_wordings(root / "templates" / "sms"),
        read_lexicons=cache(partial(load_lexicons, scripts / "replies")),
        signposts=load_signposts(scripts / "signposts.yaml"),
        tips=load_tips(scripts / "tips.yaml"),
        practice=load_practice(scripts / "practice.yaml"),
        debrief=load_debrief(scripts / "debrief.yaml"),
        ordinary_words=load_ordinary_words(scripts / "ordinary_words.txt"),
    )
