"""Reads `scripts_library/<name>/<language>.yaml`, strictly, into scripts.

Rules
- The folder is the name, the file is the language (a BCP 47 primary tag).
- A key that stands twice, or anything that `scripts_library/schema.json` does not allow, is an error; all
  the errors of all the files are collected and told at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from outreach.domain.script import Script
from outreach.domain.script_json import script_from_plain

SCHEMA = "schema.json"
NOT_SCRIPTS = frozenset({"replies"})


class LibraryError(ValueError):
    """What is wrong with the content files, one line each, with the place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _StrictLoader(yaml.SafeLoader):
    """YAML that refuses a key standing twice (plain YAML silently keeps the last), and in which only `true`
    and `false` are not words: `yes` and `no` are what families say."""


_BOOLEAN = "tag:yaml.org,2002:bool"
_StrictLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver(_BOOLEAN, re.compile(r"^(?:true|false)$"), list("tf"))


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.YAMLError(f"line {key_node.start_mark.line + 1}: {key!r} stands twice")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> Any:
    """The plain value of a YAML file. ``LibraryError`` with the file's name where it cannot be read."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506  a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise LibraryError([f"{path}: {problem}"]) from problem


def load_scripts(folder: Path, *, schema: Path | None = None) -> dict[tuple[str, str], Script]:
    """Every script of a folder, by name and language."""
    validator = jsonschema.Draft202012Validator(json.loads((schema or folder / SCHEMA).read_text("utf-8")))
    scripts: dict[tuple[str, str], Script] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*/*.yaml")):
        if path.parent.name in NOT_SCRIPTS:
            continue
        try:
            plain = read_yaml(path)
        except LibraryError as unreadable:
            problems.extend(unreadable.problems)
            continue
        faults = [_fault(path, one) for one in validator.iter_errors(plain)]
        if not faults and plain["script"] != path.parent.name:
            faults = [f"{path}: says it is {plain['script']}, but stands in the folder {path.parent.name}"]
        if faults:
            problems.extend(faults)
            continue
        script = script_from_plain(plain, language=path.stem)
        scripts[script.name, script.language] = script
    if problems:
        raise LibraryError(problems)
    return scripts


def _fault(path: Path, error: jsonschema.ValidationError) -> str:
    place = " > ".join(str(part) for part in error.absolute_path) or "the file"
    return f"{path}: {place}: {error.message}"
