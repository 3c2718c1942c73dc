"""The lines of a text file as they are asked for, and which letters it is written in.

Rules
* UTF-8, with or without byte order mark, else Windows-1252; never a mixture, which would change names unseen.
* The bytes are held once and decoded in pieces. A line longer than ``LONGEST_LINE`` comes cut to that, once; only
  in a small file is it held whole before.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator

from outreach.domain.recognition_table import FileProblem

LONGEST_LINE = 1_000_000
MOST_ROWS = 1_000_000
TOO_MANY_ROWS = FileProblem((f"The file has more than {MOST_ROWS:,} rows. Send it area by area.",))
SMALL = 8_000_000
"""Bytes of a file that may be held a second time: its longest line, or its rows, so that they are parsed once. With the
cells, some 40 MB of memory."""
_PIECE = 1 << 20

_NOT_TEXT = FileProblem(
    ("The file is not a text that we can read: it holds characters that no CSV has. "
     "Export it again, or save it as CSV UTF-8.",)
)  # fmt: skip
_BROKEN_UTF8 = FileProblem(
    ("Some letters of the file are UTF-8 and some are not: it was cut off or put together from two files. "
     "Export it again as CSV UTF-8.",)
)  # fmt: skip
_NOT_1252_EITHER = FileProblem(
    ("The file's letters are neither UTF-8 nor Windows-1252, so names would come out wrong. Save it as CSV UTF-8.",)
)
_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NO_LETTER = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
"""Bytes that are nothing in Windows-1252."""


def encoding_of(data: bytes) -> str | FileProblem:
    if b"\x00" in data:
        return _NOT_TEXT
    if _is_utf8(data):
        return "utf-8-sig"
    if _MULTIBYTE.search(data):
        # Read as Windows-1252, what is valid UTF-8 would turn names into other names, without anybody noticing.
        return _BROKEN_UTF8
    return _NOT_1252_EITHER if _NO_LETTER.search(data) else "cp1252"


def lines_of(data: bytes, encoding: str, *, skipped: int = 0) -> Iterator[str]:
    """Each line with its end, as the file has it, from the byte ``skipped`` on."""
    raw = io.BytesIO(data)
    raw.seek(skipped)
    with io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        if len(data) <= SMALL:
            for line in text:
                yield line[:LONGEST_LINE]
            return
        while line := text.readline(LONGEST_LINE):
            yield line
            while len(line) >= LONGEST_LINE and not line.endswith("\n"):
                line = text.readline(LONGEST_LINE)


def _is_utf8(data: bytes) -> bool:
    decoder, whole = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
    try:
        for start in range(0, len(data), _PIECE):
            decoder.decode(whole[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
