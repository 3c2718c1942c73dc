"""How many segments a text takes.

Rules
* All in GSM 03.38: 160 units in one segment, 153 in each of several; the extension table counts two units.
* Anything else makes it UCS-2: 70 UTF-16 units in one, 67 in each of several.
"""

from __future__ import annotations

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "^{}\\[~]|€\f"


def count(body: str) -> int:
    if all(letter in _BASIC or letter in _EXTENSION for letter in body):
        sizes, one, many = [2 if letter in _EXTENSION else 1 for letter in body], 160, 153
    else:
        sizes, one, many = [len(letter.encode("utf-16-be")) // 2 for letter in body], 70, 67
    if sum(sizes) <= one:
        return 1
    segments, room = 1, many
    for size in sizes:
        if size > room:
            segments, room = segments + 1, many
        room -= size
    return segments
