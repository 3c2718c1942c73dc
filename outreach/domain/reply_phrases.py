"""The words of a language as values, and the little grammar that its phrases are written in.

A **phrase** is written as people type it. In it:

- `(a|b c)` is one of several, `[a]` may be missing, `{name}` is any word or phrase of a class;
- `_` is any one word; `@` a name: a word that is none of ours; `..` none to three words of the same sentence;
- `^` is the start of a sentence, `$` its end; `<` and `>` those of a clause (a comma or a dash ends one);
- `=` in front: nothing else that matters stands in the text.

Rules:

- A phrase is spelt out into every way of saying it, at most a few thousand; one that has more is refused by name.
- A phrase without a word in it, or with a bracket too many or too few, is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

#: What a phrase may mean. Danger first.
DANGER: frozenset[str] = frozenset(
    {
        "self_harm", "self_harm_other", "violence", "watched", "released", "partner", "danger", "fear", "refuge",
        "dread",
    }
)  # fmt: skip
SIGNS: frozenset[str] = frozenset(
    {"third_party", "child_sender", "bereaved", "new_contact_details", "concern", "release_ahead", "uneasy"}
)
PLAIN: frozenset[str] = frozenset(
    {
        "stop", "near_stop", "stop_doubt", "cancel", "wrong_person", "call", "decline", "soft_decline", "lead_no",
        "later",
        "when", "question", "request", "accept", "weak_accept", "hedge", "condition", "sarcasm", "help", "negation",
        "bare", "abuse", "relayed", "neutral", "beside_yes",
    }
)  # fmt: skip
NEEDS: frozenset[str] = frozenset({"need_child", "need_carer", "need_legal"})
KINDS: frozenset[str] = DANGER | SIGNS | PLAIN | NEEDS | {"not_danger", "idiom"}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's words, as its file holds them.

    - `filler`: words that say nothing either way. `courtesy`: those that leave a one-word answer what it is.
    - `assent`: words that may stand beside a bare yes.
    - `topics`: what a family speaks of when it says why, and means no harm.
    - `everyday`: by theme, the words that may stand beside a plain answer and leave it what it is.
    - `slips`: words whose mistypings are looked for even where they are short.
    """

    language: str
    name: str
    reviewed: bool
    phrases: Mapping[str, tuple[str, ...]]
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    slips: tuple[str, ...] = ()
    filler: frozenset[str] = frozenset()
    courtesy: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    assent: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    everyday: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class LexiconError(ValueError):
    """A phrase that cannot be read; says which and why."""


SPECIAL = frozenset({"_", "@", "..", "^", "$", "<", ">", "="})
_PIECE = re.compile(r"\(|\)|\[|\]|\||\{[a-z_]+\}|[^\s()\[\]|{}]+")
Piece = str | frozenset[str]
_MAX_FORMS = 4000


def _gathered(forms: list[tuple[Piece, ...]]) -> list[tuple[Piece, ...]]:
    """Alternatives of one plain word each become one choice."""
    single = {
        form[0]
        for form in forms
        if len(form) == 1 and isinstance(form[0], str) and form[0] not in SPECIAL and form[0][0] != "{"
    }
    if len(single) < 2:
        return forms
    rest = [form for form in forms if not (len(form) == 1 and form[0] in single)]
    return [(frozenset(single),), *rest]


def forms_of(phrase: str) -> list[tuple[Piece, ...]]:
    """Every way of saying a phrase, classes left as they are."""
    pieces = _PIECE.findall(phrase)
    place = 0

    def sequence(stops: str) -> list[tuple[Piece, ...]]:
        nonlocal place
        found: list[tuple[Piece, ...]] = []
        parts: list[list[tuple[Piece, ...]]] = []
        while place < len(pieces) and pieces[place] not in stops:
            piece = pieces[place]
            place += 1
            if piece in ("(", "["):
                close = ")" if piece == "(" else "]"
                inner = sequence("|" + close)
                while place < len(pieces) and pieces[place] == "|":
                    place += 1
                    inner += sequence("|" + close)
                if place >= len(pieces):
                    raise LexiconError(f"The phrase {phrase!r} has a bracket that is not closed.")
                place += 1
                parts.append(([()] if close == "]" else []) + _gathered(inner))
            elif piece in (")", "]", "|"):
                raise LexiconError(f"The phrase {phrase!r} has a {piece!r} too many.")
            else:
                parts.append([(piece,)])
        for chosen in product(*parts):
            found.append(tuple(word for part in chosen for word in part))
            if len(found) > _MAX_FORMS:
                raise LexiconError(f"The phrase {phrase!r} has too many forms; split it.")
        return found

    forms = sequence("")
    if place < len(pieces):
        raise LexiconError(f"The phrase {phrase!r} has a {pieces[place]!r} too many.")
    return forms
