"""Reads `templates/sms/<language>/<name>.txt.j2` and `templates/sms/wordings.yaml`, strictly.

Rules
- The side file holds, for each name, its level (0, 1, 2), its purpose in a sentence, and whether it offers
  a way out. Every name in it has an English text; every text has a name in it.
- A text that is not English is a draft until a native reviewer has read it: `drafts` in the side file lists
  the languages that are, and no draft is ever usable in live sending.
- The files hold plain placeholders only (`outreach/domain/wording.py`). One line each; the line end at the
  end of the file is not part of the text.
- A wording's version is the hash of its name, language, level and text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from outreach.domain.script_json import fingerprint
from outreach.domain.wording import Level, fill, placeholders, transliterate
from outreach.library.scripts import LibraryError, read_yaml

SIDE_FILE = "wordings.yaml"
_KEYS = {"level", "purpose", "way_out"}


@dataclass(frozen=True, slots=True)
class Wording:
    """One text message as it is written, in one language."""

    name: str
    language: str
    level: Level
    purpose: str
    way_out: bool
    draft: bool
    source: str
    version: str

    @property
    def values(self) -> frozenset[str]:
        """The values it asks for."""
        return placeholders(self.source)

    def render(self, **values: str) -> str:
        """The text as it goes out; English names are written in letters that fit the short alphabet.
        ``MissingValueError`` where a value is missing or empty; values not asked for are left alone."""
        plain = {key: transliterate(value) for key, value in values.items()}
        return fill(self.source, plain if self.language == "en" else values)


def load_wordings(folder: Path) -> dict[tuple[str, str], Wording]:
    """Every text of the folder, by name and language. ``LibraryError`` with all that is wrong."""
    side = read_yaml(folder / SIDE_FILE)
    texts = {(path.name.removesuffix(".txt.j2"), path.parent.name): path for path in folder.glob("*/*.txt.j2")}
    problems = [f"{SIDE_FILE}: {name}: wants exactly {', '.join(sorted(_KEYS))}"
                for name, one in side["wordings"].items() if set(one) != _KEYS]  # fmt: skip
    problems += [f"{path}: stands in no line of {SIDE_FILE}"
                 for (name, _), path in sorted(texts.items()) if name not in side["wordings"]]  # fmt: skip
    problems += [f"{SIDE_FILE}: {name} has no English text"
                 for name in side["wordings"] if (name, "en") not in texts]  # fmt: skip
    if problems:
        raise LibraryError(problems)
    return {key: _wording(key, path, side) for key, path in sorted(texts.items())}


def _wording(key: tuple[str, str], path: Path, side: dict[str, dict[str, dict[str, object]]]) -> Wording:
    name, language = key
    entry = side["wordings"][name]
    source = path.read_text(encoding="utf-8").strip()
    level = Level(int(str(entry["level"])))
    return Wording(
        name=name,
        language=language,
        level=level,
        purpose=str(entry["purpose"]),
        way_out=entry["way_out"] is True,
        draft=language in side["drafts"],
        source=source,
        version=fingerprint([name, language, int(level), source]),
    )
