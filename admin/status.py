"""The status line: what just happened, said on the next page, with *Undo* where it can be undone.

The line travels in the browser's signed cookie: no names, numbers or words of families belong in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import flash, get_flashed_messages


@dataclass(frozen=True, slots=True)
class StatusLine:
    words: str
    warning: bool
    undo_url: str | None


def tell(words: str, *, undo_url: str | None = None, warning: bool = False) -> None:
    """Say ``words`` on the next page. ``undo_url`` takes a POST."""
    flash({"words": words, "undo_url": undo_url}, "warning" if warning else "done")  # type: ignore[arg-type]


def status_lines() -> list[StatusLine]:
    flashed = cast("list[tuple[str, dict[str, str | None]]]", get_flashed_messages(with_categories=True))
    return [
        StatusLine(words=line["words"] or "", warning=kind == "warning", undo_url=line["undo_url"])
        for kind, line in flashed
    ]
