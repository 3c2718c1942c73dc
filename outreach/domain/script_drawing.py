"""Draws a script as an SVG picture: boxes for steps, lines for answers, pills for ends.

Rules
- One script a picture; other scripts that it leads to are boxes with their names.
- Steps stand in rows by their distance from the start; within a row in the order of the file. Lines that
  lead back up run at the side. Nothing is laid out by chance: the same script is the same picture.
- The picture has a title and a description for screen readers; the console puts the steps in words beside it.
- Colours come from the page (``currentColor``), so that it can be read in any theme and printed.
"""

from __future__ import annotations

import textwrap
from collections import deque
from dataclasses import dataclass
from xml.sax.saxutils import escape

from outreach.domain.script import RETURN, Script, Step, resolve

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 216, 92, 36, 84, 40
LINE_LETTERS, LINES = 34, 3


@dataclass(frozen=True, slots=True)
class _Node:
    key: str
    heading: str
    text: str
    shape: str


@dataclass(frozen=True, slots=True)
class _Line:
    source: str
    target: str
    label: str


def draw(script: Script) -> str:
    """The picture of a script, as an SVG document."""
    nodes, lines = _graph(script)
    ranks = _ranks(script.start, nodes, lines)
    rows: dict[int, list[str]] = {}
    for key in nodes:
        rows.setdefault(ranks[key], []).append(key)
    widest = max(len(row) for row in rows.values())
    width = 2 * MARGIN + widest * WIDTH + (widest - 1) * GAP_X + 60
    height = 2 * MARGIN + (max(rows) + 1) * HEIGHT + max(rows) * GAP_Y
    places = {
        key: (
            (width - (len(row) * WIDTH + (len(row) - 1) * GAP_X)) // 2 + index * (WIDTH + GAP_X),
            MARGIN + rank * (HEIGHT + GAP_Y),
        )
        for rank, row in rows.items()
        for index, key in enumerate(row)
    }
    body = [*_drawn_lines(lines, places, ranks, width), *(_box(nodes[key], *places[key]) for key in nodes)]
    described = f"{len(script.steps)} steps, beginning at {_plain(script.start)}."
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="flow-title flow-desc" font-family="system-ui, sans-serif" font-size="13" '
        'fill="none" stroke="currentColor">'
    )
    title = f'<title id="flow-title">{escape(script.title)}</title><desc id="flow-desc">{escape(described)}</desc>'
    arrow = (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="currentColor" stroke="none"/></marker></defs>'
    )
    return "\n".join([head, title, arrow, *body, "</svg>"]) + "\n"


def _graph(script: Script) -> tuple[dict[str, _Node], list[_Line]]:
    nodes = {
        name: _Node(name, _plain(name), step.say or step.guide, "enter" if step.enter else "step")
        for name, step in script.steps.items()
    }
    lines: list[_Line] = []
    for name, step in script.steps.items():
        for label, target, heading, shape in _ways(script, step):
            nodes.setdefault(target, _Node(target, heading, "", shape))
            lines.append(_Line(name, target, label))
    return nodes, lines


def _ways(script: Script, step: Step) -> list[tuple[str, str, str, str]]:
    """Label, key, heading and shape of everything a step leads to."""
    ways: list[tuple[str, str | None, str | None]] = [(one.label, one.go, one.end) for one in step.answers]
    if step.enter:
        ways = [(f"plays {_plain(step.enter)}, then", step.then, None)]
    elif step.many or (not step.answers and step.go):
        ways = [("", step.go, None)]
    elif step.optional:
        ways.append(("passed over", step.go, None))
    if step.end:
        ways = [("", None, step.end)]
    drawn = []
    for label, go, end in ways:
        if end is not None:
            drawn.append((label, f"end:{step.id}:{end}", end, "end"))
        elif go in (None, RETURN):
            drawn.append((label, "return", "back", "end"))
        else:
            name, _, inner = resolve(script.name, str(go)).partition("/")
            here = name == script.name
            drawn.append((label, inner if here else f"{name}/{inner}", _plain(name), "step" if here else "other"))
    return drawn


def _ranks(start: str, nodes: dict[str, _Node], lines: list[_Line]) -> dict[str, int]:
    ranks = {start: 0}
    waiting = deque([start])
    while waiting:
        key = waiting.popleft()
        for line in lines:
            if line.source == key and line.target not in ranks:
                ranks[line.target] = ranks[key] + 1
                waiting.append(line.target)
        if not waiting:
            left = [one for one in nodes if one not in ranks]
            if left:
                ranks[left[0]] = 0 if nodes[left[0]].shape == "step" else max(ranks.values())
                waiting.append(left[0])
    return ranks


def _drawn_lines(
    lines: list[_Line], places: dict[str, tuple[int, int]], ranks: dict[str, int], width: int
) -> list[str]:
    drawn = []
    out: dict[str, list[_Line]] = {}
    for one in lines:
        out.setdefault(one.source, []).append(one)
    for source, own in out.items():
        x, y = places[source]
        for index, one in enumerate(own):
            to_x, to_y = places[one.target]
            from_x = x + WIDTH * (index + 1) // (len(own) + 1)
            start_y, centre = y + HEIGHT, to_x + WIDTH // 2
            if ranks[one.target] > ranks[source]:
                bend = GAP_Y // 2
                path = f"M{from_x} {start_y} C{from_x} {start_y + bend} {centre} {to_y - bend} {centre} {to_y}"
            else:
                side = width - 30
                path = (
                    f"M{x + WIDTH} {y + HEIGHT // 2} C{side} {y + HEIGHT // 2} {side} {to_y + HEIGHT // 2} "
                    f"{to_x + WIDTH} {to_y + HEIGHT // 2}"
                )
            drawn.append(f'<path d="{path}" marker-end="url(#arrow)" opacity="0.6"/>')
            if one.label:
                down = start_y + 14 + 13 * (index % 4)
                drawn.append(_words(one.label, from_x + 3, down, size=11))
    return drawn


def _box(node: _Node, x: int, y: int) -> str:
    if node.shape == "end":
        pill = f'<rect x="{x + 58}" y="{y}" width="100" height="32" rx="16" stroke-width="2"/>'
        return pill + _words(node.heading, x + 108, y + 21, weight="bold", anchor="middle")
    dash = ' stroke-dasharray="5 4"' if node.shape in ("other", "enter") else ""
    rows = textwrap.wrap(node.text, LINE_LETTERS)
    shown = [*rows[: LINES - 1], rows[LINES - 1] + " …"] if len(rows) > LINES else rows
    box = f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"{dash}/>'
    words = [_words(one, x + 12, y + 42 + 16 * index, size=12) for index, one in enumerate(shown)]
    return box + _words(node.heading, x + 12, y + 22, weight="bold") + "".join(words)


def _words(text: str, x: int, y: int, *, size: int = 13, weight: str = "normal", anchor: str = "start") -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="currentColor" stroke="none">{escape(text)}</text>'
    )


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()
