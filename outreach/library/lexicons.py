"""Reads the words of families' texts, `scripts_library/replies/<language>.yaml`, strictly, into values.

Rules:

- One file per language, named for its BCP 47 tag; the tag inside must be the same.
- Every scalar is text: `yes`, `no` and `on` mean the words. `reviewed` is `true` or `false`.
- `replies/<language>/everyday.yaml`, where there is one, holds by theme the words that leave a plain answer what it is.
- `replies/en/learned.tsv` holds what runs of English words speak for; without it the phrases alone are read.
- A key that is not known, a key given twice, a kind of phrase that is not known, or a phrase that cannot be
  read stops everything: all the faults are named at once, with the file.
- The files are found beside the package, so that the command line needs no settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from outreach.domain.reply_learned import COLUMNS, INTENTS, Learned
from outreach.domain.reply_lexicon import Lexicons
from outreach.domain.reply_phrases import KINDS, Lexicon, LexiconError

FOLDER = Path(__file__).resolve().parents[2] / "scripts_library" / "replies"
LEARNED = FOLDER / "en" / "learned.tsv"
_KEYS = frozenset(
    {
        "language",
        "name",
        "reviewed",
        "classes",
        "spellings",
        "slips",
        "filler",
        "courtesy",
        "names",
        "assent",
        "topics",
        "phrases",
    }
)


class _Words(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """YAML in which every scalar is text and a key given twice is a fault."""


def _mapping(loader: _Words, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in found:
            raise LexiconError(f"line {key_node.start_mark.line + 1}: {key!r} is there twice.")
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Words.add_constructor("tag:yaml.org,2002:map", _mapping)


@lru_cache(maxsize=4)
def load_lexicons(folder: Path) -> Lexicons:
    """All the languages' words, ready for `read`; a folder is read once a process, as it takes seconds.
    Raises `LexiconError` with every fault found."""
    faults: list[str] = []
    lexicons: list[Lexicon] = []
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise LexiconError(f"There are no words to read replies by in {folder}.")
    for path in paths:
        try:
            lexicons.append(_lexicon(path))
        except (LexiconError, yaml.YAMLError) as fault:
            faults.append(f"{path.name}: {fault}")
    learned = None
    try:
        learned = _learned(folder / "en" / LEARNED.name)
    except LexiconError as fault:
        faults.append(f"{LEARNED.name}: {fault}")
    if faults:
        raise LexiconError("\n".join(faults))
    return Lexicons(lexicons, learned)


def _learned(path: Path) -> Learned | None:
    """What runs of words speak for, as `tools/learn_replies.py` wrote it; none where there is no file."""
    if not path.exists():
        return None
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    if head.split("\t") != ["run", *(intent.value for intent in INTENTS), "signal"]:
        raise LexiconError("its first line should name the intents; make it again with tools/learn_replies.py.")
    weights: dict[str, tuple[int, ...]] = {}
    for number, line in enumerate(lines, start=2):
        run, *said = line.split("\t")
        try:
            weights[run] = tuple(map(int, said))
        except ValueError:
            raise LexiconError(f"line {number}: a weight is not a whole number.") from None
        if len(said) != COLUMNS:
            raise LexiconError(f"line {number}: there should be {COLUMNS} weights.")
    if "" not in weights:
        raise LexiconError("the line for every text, which has no run, is missing.")
    return Learned(weights, weights.pop(""))


def _lexicon(path: Path) -> Lexicon:
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_Words)  # noqa: S506 - a BaseLoader: text only
    if not isinstance(raw, dict):
        raise LexiconError("it should hold keys such as language, reviewed and phrases.")
    faults = [f"{key!r} is not a key that is known." for key in raw if key not in _KEYS]
    if raw.get("language") != path.stem:
        faults.append(f"language should be {path.stem!r}, as the file is named.")
    if raw.get("reviewed") not in ("true", "false"):
        faults.append("reviewed should be true or false.")
    if not isinstance(raw.get("name"), str):
        faults.append("name is missing.")
    phrases = _lists(raw, "phrases", faults)
    classes = _lists(raw, "classes", faults)
    spellings = _lists(raw, "spellings", faults)
    faults += [f"phrases: {kind!r} is not a kind that is known." for kind in phrases if kind not in KINDS]
    lists = ("slips", "filler", "courtesy", "names", "assent", "topics")
    words = {key: _words(raw.get(key, []), key, faults) for key in lists}
    everyday = _everyday(path.parent / path.stem / "everyday.yaml", faults)
    if faults:
        raise LexiconError(" ".join(faults))
    return Lexicon(
        language=path.stem,
        name=raw["name"],
        reviewed=raw["reviewed"] == "true",
        phrases=phrases,
        classes=classes,
        spellings=spellings,
        slips=words["slips"],
        filler=frozenset(words["filler"]),
        courtesy=frozenset(words["courtesy"]),
        names=frozenset(words["names"]),
        assent=frozenset(words["assent"]),
        topics=frozenset(words["topics"]),
        everyday=everyday,
    )


def _everyday(path: Path, faults: list[str]) -> dict[str, tuple[str, ...]]:
    """The everyday words by theme; single words only."""
    if not path.exists():
        return {}
    raw = {"everyday": yaml.load(path.read_text(encoding="utf-8"), Loader=_Words)}  # noqa: S506 - as above
    themes = _lists(raw, "everyday", faults)
    faults += [f"everyday: {word!r} is not one word." for words in themes.values() for word in words if " " in word]
    return themes


def _lists(raw: Mapping[str, Any], key: str, faults: list[str]) -> dict[str, tuple[str, ...]]:
    value = raw.get(key, {})
    if not isinstance(value, dict):
        faults.append(f"{key} should hold names, each with a list.")
        return {}
    return {str(name): _words(words, f"{key}: {name}", faults) for name, words in value.items()}


def _words(value: Any, where: str, faults: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        faults.append(f"{where} should be a list of words or phrases.")
        return ()
    return tuple(value)
