"""Scripts and bundles as plain values, and their versions.

Rules
- The plain shape of a script is the shape of its YAML file (`scripts_library/schema.json`), so that a
  pinned bundle can be read by a person.
- A script's version is the first 16 hex digits of the SHA-256 of its language and plain shape as JSON
  (no spaces, UTF-8, in the order written: the order of answers is the order of the buttons). A bundle's
  is the same over its root and its scripts' versions.
- Reading expects a shape that the schema passed; it raises ``KeyError`` or ``ValueError`` otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from outreach.domain.script import RETURN, Answer, Bundle, Kind, Script, Step

Plain = dict[str, Any]


def fingerprint(plain: object) -> str:
    """The first 16 hex digits of the hash of a plain value."""
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def script_from_plain(plain: Mapping[str, Any], *, language: str) -> Script:
    """A script from the plain shape of its file."""
    return Script(
        name=plain["script"],
        kind=Kind(plain["kind"]),
        title=plain["title"],
        language=language,
        start=plain["start"],
        steps={name: _step_from_plain(name, one) for name, one in plain["steps"].items()},
        uses=tuple(plain.get("uses", ())),
        requires=tuple(plain.get("requires", ())),
        draft=plain.get("draft"),
        version=fingerprint([language, plain]),
        of=plain.get("of"),
    )


def spoken(script: Script) -> str:
    """The fingerprint of what is said to families, in no order: what a translation is made from."""
    return fingerprint(sorted((name, step.say) for name, step in script.steps.items() if step.say))


def is_behind(english: Script, other: Script) -> bool:
    """Were the English words changed since this was translated from them?"""
    return other.of != spoken(english)


def script_to_plain(script: Script) -> Plain:
    """The plain shape of a script; what is empty is left out."""
    return _without_empty(
        {
            "script": script.name,
            "kind": script.kind.value,
            "title": script.title,
            "start": script.start,
            "uses": list(script.uses),
            "requires": list(script.requires),
            "draft": script.draft,
            "of": script.of,
            "steps": {name: _step_to_plain(one) for name, one in script.steps.items()},
        }
    )


def bundle_of(root: str, scripts: Mapping[str, Script]) -> Bundle:
    """The script and everything it can reach, from the scripts of one language. ``LookupError`` where one
    that is named is not there."""
    reached: dict[str, Script] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        if name not in scripts:
            raise LookupError(f"there is no script called {name}")
        reached[name] = scripts[name]
        waiting.extend(sorted(named_by(scripts[name])))
    versions = {name: (one.version, one.language) for name, one in sorted(reached.items())}
    return Bundle(root, scripts[root].language, dict(sorted(reached.items())), fingerprint([root, versions]))


def named_by(script: Script) -> set[str]:
    """The other scripts that a script names: in ``uses``, ``enter``, and targets with a slash."""
    named = set(script.uses)
    for one in script.steps.values():
        targets = [one.go, one.then, *(answer.go for answer in one.answers)]
        named.update(target.partition("/")[0] for target in targets if target and "/" in target)
        if one.enter:
            named.add(one.enter)
    return named


def bundle_to_json(bundle: Bundle) -> str:
    """The bundle as JSON text, to be pinned with a call."""
    scripts = {
        name: {"language": one.language, "version": one.version, "plain": script_to_plain(one)}
        for name, one in bundle.scripts.items()
    }
    whole = {"root": bundle.root, "language": bundle.language, "version": bundle.version, "scripts": scripts}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=64)
def bundle_from_json(text: str) -> Bundle:
    """The bundle that was pinned, with the versions it had then. Kept in memory: each answer of a call asks for it."""
    whole = json.loads(text)
    scripts = {}
    for name, held in whole["scripts"].items():
        read = script_from_plain(held["plain"], language=held["language"])
        scripts[name] = _with_version(read, held["version"])
    return Bundle(whole["root"], whole["language"], scripts, whole["version"])


def _with_version(script: Script, version: str) -> Script:
    return Script(
        name=script.name,
        kind=script.kind,
        title=script.title,
        language=script.language,
        start=script.start,
        steps=script.steps,
        uses=script.uses,
        requires=script.requires,
        draft=script.draft,
        version=version,
        of=script.of,
    )


def _step_from_plain(name: str, plain: Mapping[str, Any]) -> Step:
    answers = tuple(_answer_from_plain(key, one) for key, one in plain.get("answers", {}).items())
    return Step(
        id=name,
        say=_words(plain.get("say", "")),
        guide=_words(plain.get("guide", "")),
        tips=tuple(plain.get("tips", ())),
        signposts=tuple(plain.get("signposts", ())),
        ask=plain.get("ask"),
        answers=answers,
        many=plain.get("many", False),
        optional=plain.get("optional", False),
        words=plain.get("words"),
        discloses=frozenset(plain.get("discloses", ())),
        go=plain.get("go"),
        enter=plain.get("enter"),
        then=plain.get("then", RETURN) if plain.get("enter") else None,
        end=plain.get("end"),
    )


def _answer_from_plain(key: str, plain: Mapping[str, Any]) -> Answer:
    return Answer(
        id=key,
        label=plain.get("label", key.capitalize()),
        go=plain.get("go"),
        end=plain.get("end"),
        record=dict(plain.get("record", {})),
    )


def _step_to_plain(one: Step) -> Plain:
    return _without_empty(
        {
            "say": one.say,
            "guide": one.guide,
            "tips": list(one.tips),
            "signposts": list(one.signposts),
            "ask": one.ask,
            "answers": {answer.id: _answer_to_plain(answer) for answer in one.answers},
            "many": one.many,
            "optional": one.optional,
            "words": one.words,
            "discloses": sorted(one.discloses),
            "go": one.go,
            "enter": one.enter,
            "then": one.then,
            "end": one.end,
        }
    )


def _answer_to_plain(one: Answer) -> Plain:
    return _without_empty({"label": one.label, "go": one.go, "end": one.end, "record": dict(one.record)})


def _without_empty(plain: Plain) -> Plain:
    return {key: value for key, value in plain.items() if value not in (None, "", [], {}, False)}


def _words(text: str) -> str:
    """Lines of a YAML block are one paragraph; an empty line is kept as a new one."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join(part for part in paragraphs if part)
