"""`outreach replies`: reads families' texts, and scores the reading against labels. No settings, no database.

Rules (DESIGN 4.5):

- `read FILE` writes one JSON object per line, in the order read. Lines hold `id` and `text`; anything else is
  ignored. A line that cannot be read is named on standard error with its number; the others are still read.
- `score FILE` wants `intent` as well. Exit code 1 when a line, or a grave error, was at fault; 2 when the call was.
- The time of a reply is processor time: it says the same on a busy machine.
- They are read as the first answer to an offer at text level 0, with the switches of rule 8 on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from outreach.domain.reply import Action, Context, Intent, Reading, read
from outreach.domain.reply_lexicon import Lexicons
from outreach.library.lexicons import FOLDER, load_lexicons

#: The intents whose clear English rows a reader must read and act on.
CLEAR = frozenset({"accept", "decline", "later", "stop", "call", "wrong_person"})
_OTHER_LANGUAGES = ("Welsh", "Polish", "Romanian", "Portuguese", "Urdu", "Punjabi", "Arabic", "Somali")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file of replies."""

    number: int
    id: str
    text: str
    intent: str | None
    flags: frozenset[str]
    note: str

    @property
    def signal(self) -> bool:
        """Whether the label marks a sign of danger or somebody else at the phone."""
        return bool(self.flags & {"safety_concern", "third_party"}) or self.intent == "distress"

    @property
    def clear(self) -> bool:
        """Whether it is plain English that a reader must understand by itself."""
        other = "other_language" in self.flags or self.note.startswith(_OTHER_LANGUAGES)
        return self.intent in CLEAR and not other and not self.signal


@click.group()
def replies() -> None:
    """Read families' texts, and score the reading."""


@replies.command("read")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def read_file(file: Path) -> None:
    """Write what the reader makes of each line of FILE (JSON Lines with id and text)."""
    lexicons, context = load_lexicons(FOLDER), _context()
    faults = 0
    for row in _rows(file, labelled=False):
        if isinstance(row, str):
            faults += 1
            click.echo(row, err=True)
            continue
        reading = read(row.text, context, lexicons)
        click.echo(json.dumps(_as_json(row.id, reading), ensure_ascii=False))
    if faults:
        click.echo(f"{faults} lines could not be read.", err=True)
        sys.exit(1)


@replies.command("score")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object and nothing else.")
def score_file(file: Path, *, as_json: bool) -> None:
    """Score the reader against the labels of FILE (JSON Lines with id, text and intent)."""
    lexicons, context = load_lexicons(FOLDER), _context()
    rows: list[Row] = []
    faults: list[str] = []
    for row in _rows(file, labelled=True):
        if isinstance(row, str):
            faults.append(row)
        else:
            rows.append(row)
    for fault in faults:
        click.echo(fault, err=True)
    if not rows:
        click.echo("There is no labelled line to score.", err=True)
        sys.exit(1)
    result = score(rows, context, lexicons)
    click.echo(json.dumps(result.as_json(), ensure_ascii=False) if as_json else result.as_text())
    if faults or result.grave:
        sys.exit(1)


@dataclass(slots=True)
class Score:
    """How the readings stand against the labels."""

    confusion: dict[str, dict[str, int]] = field(default_factory=dict)
    grave: list[dict[str, str]] = field(default_factory=list)
    missed: list[dict[str, str]] = field(default_factory=list)
    rows: int = 0
    right: int = 0
    clear: int = 0
    clear_right: int = 0
    rest: int = 0
    rest_acted: int = 0
    distress: int = 0
    distress_alert: int = 0
    milliseconds: float = 0.0

    def add(self, row: Row, reading: Reading) -> None:
        """Count one row."""
        wanted = str(row.intent)
        self.rows += 1
        line = self.confusion.setdefault(wanted, {})
        line[reading.intent.value] = line.get(reading.intent.value, 0) + 1
        right = reading.intent.value == wanted
        self.right += right
        held = wanted == "stop" and reading.action is Action.HOLD
        acted = reading.action is Action.ACT or held
        if row.clear:
            self.clear += 1
            self.clear_right += right and acted
            if not (right and acted):
                self.missed.append(
                    {"id": row.id, "intent": wanted, "read": reading.intent.value, "action": reading.action.value}
                )
        else:
            self.rest += 1
            self.rest_acted += reading.action is Action.ACT
        if wanted == "distress":
            self.distress += 1
            self.distress_alert += reading.action is Action.ALERT
        for why in _graves(row, reading):
            self.grave.append({"id": row.id, "why": why, "read": reading.intent.value, "action": reading.action.value})

    def as_json(self) -> dict[str, Any]:
        """The score as one object."""
        return {
            "rows": self.rows,
            "right": self.right,
            "clear_english": {"rows": self.clear, "read_and_acted_on": self.clear_right},
            "rest": {"rows": self.rest, "acted_on": self.rest_acted},
            "distress": {"rows": self.distress, "alert": self.distress_alert},
            "grave": self.grave,
            "missed": self.missed,
            "confusion": self.confusion,
            "milliseconds_per_reply": round(self.milliseconds, 3),
        }

    def as_text(self) -> str:
        """The score to read."""
        names = [intent.value for intent in Intent]
        head = "label \\ read".ljust(14) + "".join(name[:8].rjust(9) for name in names)
        lines = [head]
        for wanted in names:
            counts = self.confusion.get(wanted)
            if counts:
                cells = "".join(str(counts.get(name, "") or ".").rjust(9) for name in names)
                lines.append(wanted.ljust(14) + cells)
        lines.append("")
        lines += [f"GRAVE  {one['id']}: {one['why']} ({one['read']}, {one['action']})" for one in self.grave]
        lines += [f"missed {one['id']}: {one['intent']} read as {one['read']}, {one['action']}" for one in self.missed]
        lines += [
            f"intents right: {_share(self.right, self.rows)}",
            f"grave errors: {len(self.grave)}",
            f"clear English read and acted on: {_share(self.clear_right, self.clear)}",
            f"the rest acted on: {_share(self.rest_acted, self.rest)}",
            f"distress with an alert: {_share(self.distress_alert, self.distress)}",
            f"{self.milliseconds:.3f} ms of processor time a reply",
        ]
        return "\n".join(lines)


def score(rows: list[Row], context: Context, lexicons: Lexicons) -> Score:
    """Read every row and count."""
    result = Score()
    began = time.process_time()  # what a reply costs, however busy the machine is with other things
    readings = [read(row.text, context, lexicons) for row in rows]
    result.milliseconds = (time.process_time() - began) * 1000 / len(rows)
    for row, reading in zip(rows, readings, strict=True):
        result.add(row, reading)
    return result


def _graves(row: Row, reading: Reading) -> Iterator[str]:
    if reading.intent is Intent.ACCEPT and reading.action is Action.ACT and (row.intent != "accept" or row.signal):
        yield "acted on a yes that was not clearly given"
    obeyed = reading.intent is Intent.STOP or reading.action in (Action.HOLD, Action.ALERT)
    if row.intent == "stop" and not obeyed:
        yield "a wish to stop was left"
    if row.signal and reading.action is Action.ACT:
        yield "a sign of danger without a person"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"


def _context() -> Context:
    return Context(now=datetime.now(UTC))


def _as_json(identity: str, reading: Reading) -> dict[str, Any]:
    time_read = reading.proposed_time
    return {
        "id": identity,
        "intent": reading.intent.value,
        "action": reading.action.value,
        "reply": reading.reply,
        "needs": [need.value for need in reading.needs],
        "proposed_time": time_read.as_json() if time_read else None,
        "signals": [signal.value for signal in reading.signals],
        "evidence": list(reading.evidence),
    }


def _rows(file: Path, *, labelled: bool) -> Iterator[Row | str]:
    """Each line's row, or what is wrong with it and where."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError:
        yield f"{file.name}: not a text in UTF-8. Save it as UTF-8 and try again."
        return
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _row(number, line, labelled=labelled)


def _row(number: int, line: str, *, labelled: bool) -> Row | str:
    try:
        raw = json.loads(line)
    except ValueError as fault:
        return f"line {number}: not JSON ({fault})."
    if not isinstance(raw, dict):
        return f"line {number}: not an object with id and text."
    identity, text, intent = raw.get("id"), raw.get("text"), raw.get("intent")
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        return f"line {number}: id is missing, or is not a text or a number."
    if not isinstance(text, str):
        return f"line {number}: text is missing, or is not a text."
    if labelled and intent not in set(Intent):
        return f"line {number}: intent should be one of {', '.join(Intent)}."
    flags = raw.get("flags")
    return Row(
        number=number,
        id=identity if isinstance(identity, str) else str(identity),
        text=text,
        intent=intent if isinstance(intent, str) else None,
        flags=frozenset(str(flag) for flag in flags) if isinstance(flags, list) else frozenset(),
        note=str(raw.get("note") or ""),
    )
