"""Draws a script as an SVG picture: a ladder of steps, each with its answers and where they lead.

Rules
- One script a picture. Steps stand under each other in the order of the file, which is the order in which a
  writer thinks; each shows its words and one row an answer, with where it leads said in words.
- A line runs at the side from a step to each step it leads to, each in a lane of its own, so that no two lie
  on each other. An end is said in its row; another script is named.
- Nothing is laid out by chance: the same script is the same picture.
- The picture has a title and a description for screen readers, and every row is text.
- Colours come from the page (``currentColor``), so that it can be read in any theme and printed.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from xml.sax.saxutils import escape

from outreach.domain.script import ATTEMPTS, GATE_ENDS, OUTCOMES, RETURN, Script, Step, resolve

LEFT, WIDTH, PAD = 24, 660, 16
LINE, ROW, GAP = 18, 26, 30
LANE, FIRST_LANE = 14, 22
LETTERS = 86
ENDS = {**ATTEMPTS, **OUTCOMES, **GATE_ENDS}


@dataclass(frozen=True, slots=True)
class _Way:
    """One row: what is answered, where it leads in words, and the step of this script it leads to."""

    label: str
    leads: str
    target: str | None


@dataclass(frozen=True, slots=True)
class _Card:
    name: str
    words: tuple[str, ...]
    ways: tuple[_Way, ...]
    top: int

    @property
    def height(self) -> int:
        return PAD + LINE + 6 + LINE * len(self.words) + ROW * len(self.ways) + PAD // 2

    def row(self, index: int) -> int:
        """The middle of a row."""
        return self.top + PAD + LINE + 6 + LINE * len(self.words) + ROW * index + ROW // 2


def draw(script: Script) -> str:
    """The picture of a script, as an SVG document."""
    cards = _cards(script)
    lines = _lines(cards)
    lanes = _lanes(lines)
    width = LEFT + WIDTH + FIRST_LANE + LANE * (max(lanes, default=0) + 1) + LEFT
    height = cards[-1].top + cards[-1].height + LEFT
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="flow-title flow-desc" font-family="system-ui, sans-serif" font-size="14" '
        'fill="none" stroke="currentColor">'
    )
    described = f"{len(cards)} steps, beginning at {_plain(script.start)}. Each step is said with where it leads."
    title = f'<title id="flow-title">{escape(script.title)}</title><desc id="flow-desc">{escape(described)}</desc>'
    arrow = (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="currentColor" stroke="none"/></marker></defs>'
    )
    drawn = [_line(one, lane) for one, lane in zip(lines, lanes, strict=True)]
    return "\n".join([head, title, arrow, *drawn, *(_box(card) for card in cards), "</svg>"]) + "\n"


def _cards(script: Script) -> list[_Card]:
    cards: list[_Card] = []
    top = LEFT
    for name, step in script.steps.items():
        text = step.say or step.guide
        words = [line for part in text.split("\n\n") for line in textwrap.wrap(part, LETTERS)]
        cards.append(_Card(name, tuple(words), tuple(_ways(script, step)), top))
        top += cards[-1].height + GAP
    return cards


def _ways(script: Script, step: Step) -> list[_Way]:
    ways = []
    if step.end:
        ways.append(_Way("", _end(step.end), None))
    if step.enter:
        ways.append(_way(script, f"plays {_plain(step.enter)}, then", step.then))
    for number, one in enumerate(step.answers, 1):
        label = f"{'☐' if step.many else number}  {one.label}"
        if step.many:
            ways.append(_Way(label, "", None))
        else:
            ways.append(_Way(label, _end(one.end), None) if one.end else _way(script, label, one.go))
    if step.go and not step.enter:
        passes = "Go on" if step.many or not step.answers else "Passed over"
        ways.append(_way(script, passes, step.go))
    return ways


def _way(script: Script, label: str, go: str | None) -> _Way:
    if go is None or go == RETURN:
        return _Way(label, "back to the script that plays this one", None)
    name, _, inner = resolve(script.name, go).partition("/")
    if name != script.name:
        return _Way(label, f"{_plain(name)}: {_plain(inner)}", None)
    return _Way(label, _plain(inner), inner)


def _end(code: str) -> str:
    return f"ends: {ENDS.get(code, code)} ({code})"


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int

    @property
    def span(self) -> tuple[int, int]:
        return min(self.start, self.end), max(self.start, self.end)


def _lines(cards: list[_Card]) -> list[_Line]:
    """One line from a step to each step it leads to, from the first row that does."""
    tops = {card.name: card.top + PAD + 4 for card in cards}
    lines = []
    for card in cards:
        seen: set[str] = set()
        for index, way in enumerate(card.ways):
            if way.target is not None and way.target not in seen:
                seen.add(way.target)
                lines.append(_Line(card.row(index), tops[way.target]))
    return lines


def _lanes(lines: list[_Line]) -> list[int]:
    """A lane for each line: the nearest one in which it meets no other. Short lines choose first."""
    taken: list[list[tuple[int, int]]] = []
    lanes = [0] * len(lines)
    for index in sorted(range(len(lines)), key=lambda one: (lines[one].span[1] - lines[one].span[0], one)):
        low, high = lines[index].span
        for lane, spans in enumerate([*taken, []]):
            if all(high < other_low or other_high < low for other_low, other_high in spans):
                if lane == len(taken):
                    taken.append([])
                taken[lane].append((low, high))
                lanes[index] = lane
                break
    return lanes


def _line(line: _Line, lane: int) -> str:
    right = LEFT + WIDTH
    far = right + FIRST_LANE + LANE * lane
    path = f"M{right} {line.start} H{far} V{line.end} H{right + 2}"
    return f'<path d="{path}" marker-end="url(#arrow)" stroke-linejoin="round" opacity="0.7"/>'


def _box(card: _Card) -> str:
    parts = [f'<rect x="{LEFT}" y="{card.top}" width="{WIDTH}" height="{card.height}" rx="6"/>']
    parts.append(_words(_plain(card.name), LEFT + PAD, card.top + PAD + 8, weight="bold"))
    for index, words in enumerate(card.words):
        parts.append(_words(words, LEFT + PAD, card.top + PAD + LINE + 12 + LINE * index))
    for index, way in enumerate(card.ways):
        middle = card.row(index)
        parts.append(f'<path d="M{LEFT} {middle - ROW // 2} H{LEFT + WIDTH}" opacity="0.25"/>')
        parts.append(_words(way.label, LEFT + PAD, middle + 5))
        if way.leads:
            parts.append(_words(f"→ {way.leads}", LEFT + WIDTH - PAD, middle + 5, anchor="end"))
    return "".join(parts)


def _words(text: str, x: int, y: int, *, weight: str = "normal", anchor: str = "start") -> str:
    return (
        f'<text x="{x}" y="{y}" font-weight="{weight}" text-anchor="{anchor}" fill="currentColor" stroke="none">'
        f"{escape(text)}</text>"
    )


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()
