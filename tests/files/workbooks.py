"""Workbooks for the tests: good ones by openpyxl, and hostile ones written by hand, part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from tests.domain.recognition_rows import HEADER

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def cells_of(row: Mapping[str, Any], header: Iterable[str] = HEADER) -> list[Any]:
    return [row.get(name, "") for name in header]


def a_sheet(*rows: Mapping[str, Any], with_it: Callable[[Worksheet], None] | None = None, blank_rows: int = 0) -> bytes:
    """A workbook of one sheet with the column names and ``rows``; ``with_it`` does the rest to it."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    lines = [list(HEADER), *map(cells_of, rows)]
    for number, values in enumerate(lines, blank_rows + 1):
        for column, value in enumerate(values, 1):
            if value != "":
                sheet.cell(number, column, value)
    if with_it is not None:
        with_it(sheet)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_parts(whole: bytes, parts: Mapping[str, str | bytes | Callable[[bytes], bytes]]) -> bytes:
    """``whole`` with some parts of its archive replaced, changed or added."""
    out = io.BytesIO()
    left = dict(parts)
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for entry in old.infolist():
            part = left.pop(entry.filename, None)
            content = old.read(entry)
            new.writestr(entry.filename, content if part is None else part(content) if callable(part) else part)
        for name, part in left.items():
            assert not callable(part)
            new.writestr(name, part)
    return out.getvalue()


def by_hand(rows: str, *, shared: str | None = None, after: str = "") -> bytes:
    """A workbook whose one sheet holds the XML ``rows``; ``shared`` are its shared texts, as XML."""
    parts: dict[str, str | bytes | Callable[[bytes], bytes]] = {
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{NAMESPACE}"><sheetData>{rows}</sheetData>{after}</worksheet>'
    }
    if shared is not None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{NAMESPACE}">{shared}</sst>'
    return with_parts(a_sheet({"family_ref": "F001"}), parts)


def as_xml(rows: Iterable[Iterable[str]], *, numbered: bool = True) -> str:
    """Rows of texts as the XML of a sheet, each text in its own cell."""
    lines = []
    for number, cells in enumerate(rows, 1):
        written = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
        lines.append(f'<row r="{number}">{written}</row>' if numbered else f"<row>{written}</row>")
    return "".join(lines)
