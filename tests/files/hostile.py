"""Files that a matching core, a spreadsheet program, a careless hand or an enemy might hand over.

Each case says what it alone catches: the reader that would pass all the others and fail on this one.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from tests.domain.recognition_rows import HEADER, a_file, a_row
from tests.files.workbooks import a_sheet, as_xml, by_hand, cells_of, saved, with_parts


@dataclass(frozen=True, slots=True)
class Case:
    """``refused``: words of the refusal of the whole file. Else ``rejected`` and ``warned``, by the spreadsheet's row,
    have words of what is said; ``carers`` and ``phones`` what is stored, by family."""

    name: str
    catches: str
    make: Callable[[], bytes]
    refused: str = ""
    rejected: dict[int, str] = field(default_factory=dict)
    warned: dict[int, str] = field(default_factory=dict)
    carers: dict[str, str] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    born_on: dict[str, str] = field(default_factory=dict)
    imprisoned_on: dict[str, str] = field(default_factory=dict)


GOOD, OTHER = a_row("F001"), a_row("F002")
ZOE = a_row(carer_name="Zoë Müller–O’Dowd")
BOTH = {"F001": "Carer 001", "F002": "Carer 002"}
ONE, TWO = {"F001": "Carer 001"}, {"F002": "Carer 002"}


def text(*rows: dict[str, str], **more: Any) -> str:
    return a_file(*rows, **more).decode()


def replaced(old: str, new: str, *rows: dict[str, str]) -> bytes:
    """A file with ``rows`` in which ``old`` was written as ``new``."""
    whole = text(*rows)
    assert old in whole
    return whole.replace(old, new, 1).encode()


def named(**names: str) -> list[str]:
    return [names.get(name, name) for name in HEADER]


ENCODINGS = (
    Case("UTF-8", "a reader that takes every file for Windows-1252", lambda: a_file(ZOE),
         carers={"F001": "Zoë Müller–O’Dowd"}),
    Case("UTF-8 with a byte order mark", "a first column called '\\ufefffamily_ref'",
         lambda: text(ZOE).encode("utf-8-sig"), carers={"F001": "Zoë Müller–O’Dowd"}),
    Case("Windows-1252", "a reader that takes only UTF-8, or puts question marks for letters",
         lambda: text(ZOE).encode("cp1252"), carers={"F001": "Zoë Müller–O’Dowd"}),
    Case("UTF-16 with its mark", "bytes of 0 between the letters",
         lambda: text(ZOE).encode("utf-16"), refused="UTF-16"),
    Case("UTF-16 without its mark", "UTF-16 that only its NULs give away",
         lambda: text(GOOD).encode("utf-16-le"), refused="characters that no CSV has"),
    Case("half UTF-8, half Windows-1252", "names changed unseen by reading one as the other",
         lambda: a_file(ZOE) + text(a_row("F002", carer_name="Müller")).split("\r\n")[1].encode("cp1252"),
         refused="some are not"),
    Case("letters of no known alphabet", "a byte that Windows-1252 does not have, dropped",
         lambda: a_file(GOOD).replace(b"Carer 001", b"Carer \x81\x8d"), refused="neither UTF-8 nor Windows-1252"),
    Case("accents written as two letters", "equal names that are not equal, month after month",
         lambda: a_file(a_row(carer_name="Zoe\u0308")), carers={"F001": "Zoë"}),
    Case("cut off within a letter", "the last name one letter shorter",
         lambda: a_file(ZOE, a_row("F002", carer_name="Zoë")).rsplit("ë".encode(), 1)[0] + b"\xc3",
         refused="cut off"),
)  # fmt: skip

QUOTING = (
    Case("semicolons", "one column with the whole row in it", lambda: a_file(GOOD, delimiter=";"), carers=ONE),
    Case("tabs", "as above, as Excel copies it", lambda: a_file(GOOD, delimiter="\t"), carers=ONE),
    Case("Excel's line sep=;", "a first row that is no header", lambda: b"sep=;\r\n" + a_file(GOOD, delimiter=";"),
         carers=ONE),
    Case("the line sep=|", "a separator we were told of and do not know", lambda: b"sep=|\r\n" + a_file(GOOD),
         refused="Part the cells by"),
    Case("bars between the cells", "a whole file of one column", lambda: a_file(GOOD, delimiter="|"),
         refused="not a recognition file"),
    Case("carriage returns alone", "one endless line, as an old Mac writes", lambda: a_file(GOOD).replace(b"\n", b""),
         carers=ONE),
    Case("a comma in quotation marks", "the rest of the row moved by one cell",
         lambda: a_file(a_row(carer_name="Rivera, Amina")), carers={"F001": "Rivera, Amina"}),
    Case("a comma without them", "a name cut in two, and a date of birth from the next column",
         lambda: replaced("Carer 001", "Rivera, Amina", GOOD, OTHER), rejected={2: "not one of the values"},
         carers=TWO),
    Case("doubled quotation marks", "a nickname that ends the cell",
         lambda: a_file(a_row(carer_name='Amina "Mina" Rivera')), carers={"F001": 'Amina "Mina" Rivera'}),
    Case("a quotation mark within a bare cell", "O\"Brien as an opened quotation",
         lambda: replaced("Carer 001", 'O"Brien', GOOD, OTHER), carers=BOTH | {"F001": 'O"Brien'}),
    Case("a quotation mark never closed", "every row after it swallowed in silence",
         lambda: replaced("Carer 001", '"Carer 001', GOOD, OTHER), refused="opened in row 2 and never closed"),
    Case("a quotation mark closed a row later", "one family with the cells of two",
         lambda: text(GOOD, OTHER, a_row("F003")).replace("Carer 001", '"Carer 001', 1).replace(
             "Carer 002", 'Carer 002"', 1).encode(),
         rejected={2: "more than one line"}, carers={"F003": "Carer 003"}),
    Case("a line break within a name", "a row more than the spreadsheet has",
         lambda: a_file(a_row(carer_name="Amina\nRivera"), OTHER), rejected={2: "more than one line"}, carers=TWO),
    Case("no line break at the end", "the last row lost", lambda: a_file(GOOD, OTHER).rstrip(), carers=BOTH),
    Case("blank lines between", "rows numbered otherwise than the spreadsheet",
         lambda: a_file(a_row(area="XXX"), OTHER).replace(b"\r\n", b"\r\n\r\n"), rejected={3: "no area you work in"},
         carers=TWO),
    Case("rows of separators alone", "families without a name",
         lambda: a_file(GOOD) + b"," * (len(HEADER) - 1) + b"\r\n", carers=ONE),
)  # fmt: skip

HEADERS = (
    Case("200 columns", "a spreadsheet that is something else",
         lambda: ",".join(f"c{number}" for number in range(200)).encode(), refused="200 columns"),
    Case("a header twice", "the later of two columns winning in silence",
         lambda: a_file(GOOD, header=[*HEADER, "hold"]), refused="stand twice: hold"),
    Case("a header twice, written otherwise", "'Carer Name' beside 'carer_name'",
         lambda: replaced("carer_name", "carer_name,Carer Name", GOOD), refused="stand twice: carer_name"),
    Case("columns missing", "families without a custody", lambda: a_file(GOOD, header=HEADER[:4]),
         refused="missing: imprisoned_on, custody"),
    Case("no header at all", "the first family taken for column names",
         lambda: a_file(GOOD, OTHER).split(b"\r\n", 1)[1], refused="not a recognition file"),
    Case("a title above the header", "the title taken for the column names",
         lambda: b"Recognition list,January\r\n" + a_file(GOOD), refused="not a recognition file"),
    Case("blank lines above the header", "a blank header", lambda: b"\r\n\r\n" + a_file(GOOD), carers=ONE),
    Case("columns in another order", "cells read by place and not by name",
         lambda: a_file(GOOD, header=HEADER[::-1]), carers=ONE),
    Case("two headers swapped", "dates read as names",
         lambda: a_file(GOOD, header=HEADER).replace(b"carer_name", b"?").replace(b"imprisoned_on", b"carer_name")
         .replace(b"?", b"imprisoned_on"), rejected={2: "Write it like"}),
    Case("the two dates swapped", "a child who seems imprisoned, and a family found years too late",
         lambda: a_file(a_row(imprisoned_on="2017-04-02", child_born_on="2025-11-29")),
         warned={2: "the two dates are swapped"}, carers=ONE),
    Case("column names as people write them", "a file refused for its capitals and spaces",
         lambda: a_file(GOOD).replace(b"family_ref", b" Family Ref "), carers=ONE),
    Case("a column that is not ours", "a file refused for a column more", lambda: replaced(
        "family_ref", "ward,family_ref", GOOD).replace(b"F001,", b"North,F001,"), warned={1: "left alone"}, carers=ONE),
    Case("a header and nothing else", "an empty month that takes everybody off the list", a_file,
         refused="no rows"),
    Case("nothing at all", "an exception", lambda: b"", refused="empty"),
    Case("line breaks alone", "a header of blanks", lambda: b"\r\n" * 1000, refused="empty"),
)  # fmt: skip

CELLS = (
    Case("formulas", "a formula run, or a name refused for how it begins",
         lambda: a_file(a_row(carer_name="=cmd|' /C calc'!A0"), a_row("F002", carer_name="@SUM(A1)")),
         carers={"F001": "=cmd|' /C calc'!A0", "F002": "@SUM(A1)"}),
    Case("the apostrophe that guards a formula", "a number that nobody can ring",
         lambda: a_file(a_row(carer_phone="'+447700900001")), phones={"F001": "+447700900001"}),
    Case("a NUL within a name", "a name cut off where C ends a text",
         lambda: a_file(GOOD).replace(b"Carer 001", b"Carer\x00001"), refused="characters that no CSV has"),
    Case("a bell and an escape", "a colour code on a colleague's terminal",
         lambda: a_file(a_row(carer_name="Car\x07er \x1b[31m"), OTHER), rejected={2: "cannot be shown"}, carers=TWO),
    Case("emoji", "letters beyond the first 65,536 cut in half",
         lambda: a_file(a_row(carer_name="Amina 👩‍👧 Rivera")), carers={"F001": "Amina 👩👧 Rivera"}),
    Case("a name from right to left", "a name turned round", lambda: a_file(a_row(carer_name="أمينة ريفيرا")),
         carers={"F001": "أمينة ريفيرا"}),
    Case("a mark that turns the writing round", "a name that reads as another",
         lambda: a_file(a_row(carer_name="Amina \u202earevir\u202c")), carers={"F001": "Amina arevir"}),
    Case("spaces that cannot be seen", "two carers who are one",
         lambda: a_file(a_row(carer_name="\u00a0Amina\u200b \u00a0Rivera ")), carers={"F001": "Amina Rivera"}),
    Case("the year 1900", "what Excel makes of an empty date",
         lambda: a_file(a_row(imprisoned_on="1900-01-01"), a_row("F002", child_born_on="0/1/1900"), a_row("F003")),
         rejected={2: "too long ago", 3: "no such day"}, carers={"F003": "Carer 003"}),
    Case("the year 2100", "an offer planned for somebody's grandchildren",
         lambda: a_file(a_row(imprisoned_on="2100-01-01"), a_row("F002", child_born_on="2100")),
         rejected={2: "not come yet", 3: "not come yet"}),
    Case("days that are not there", "31 February taken for 3 March",
         lambda: a_file(a_row(imprisoned_on="31/02/2025"), a_row("F002", imprisoned_on="29/02/2025")),
         rejected={2: "no such day", 3: "no such day"}),
    Case("the month before the day", "Christmas in the twenty-fifth month",
         lambda: a_file(a_row(imprisoned_on="12/25/2025"), OTHER), rejected={2: "day before the month"}, carers=TWO),
    Case("a year of two digits", "a grandparent born in 2049", lambda: a_file(a_row(child_born_on="1/5/17")),
         rejected={2: "four digits"}),
    Case("Excel's number of a day, as text", "46018 taken for a year", lambda: a_file(a_row(imprisoned_on="46018")),
         rejected={2: "number"}),
    Case("a lost leading zero", "a family without a number", lambda: a_file(a_row(carer_phone="7700900001")),
         phones={"F001": "+447700900001"}),
    Case("a phone as 4.47701E+11", "half a number that is somebody else's",
         lambda: a_file(a_row(carer_phone="4.47701E+11")), warned={2: "Excel|spreadsheet"}, phones={"F001": ""}),
    Case("a name of 300 letters", "a page that no longer fits", lambda: a_file(a_row(carer_name="y" * 300), OTHER),
         rejected={2: "longer than 200"}, carers=TWO),
    Case("a cell of 200,000 letters", "a limit of the CSV library taken for a missing quotation mark",
         lambda: a_file(a_row(carer_name="y" * 200_000), OTHER), rejected={2: "longer than 200"}, carers=TWO),
    Case("words that are no value", "a hold nobody knows, left out in silence",
         lambda: a_file(a_row(hold="be careful"), OTHER), rejected={2: "not one of the values"}, carers=TWO),
    Case("a row of a million cells", "memory for each of them, and a plan that holds them all",
         lambda: a_file(GOOD) + b"F003,OXF" + b",x" * 1_000_000 + b"\r\n" + text(OTHER).split("\r\n")[1].encode(),
         rejected={3: "longer than a million letters"}, carers=BOTH),
    Case("the last row cut short", "a hold that stood in the part that is missing",
         lambda: text(GOOD, a_row("F002", hold="no_contact_order")).rsplit(",", 2)[0].encode(),
         rejected={3: "ends after"}, carers=ONE),
)  # fmt: skip


def swapped_sheets() -> bytes:
    book = openpyxl.Workbook()
    assert isinstance(book.active, Worksheet)
    book.active.append(list(HEADER))
    book.active.append(cells_of(a_row("F009", carer_name="From the hidden sheet")))
    book.active.sheet_state = "hidden"
    seen = book.create_sheet("January")
    seen.append(list(HEADER))
    seen.append(cells_of(GOOD))
    book.active = 1
    return saved(book)


def only_hidden() -> bytes:
    book = openpyxl.Workbook()
    assert isinstance(book.active, Worksheet)
    book.active.append(list(HEADER))
    book.active.sheet_state = "hidden"
    book.create_sheet("Notes").append(["Call the core if anything is unclear"])
    book.active = 1
    return saved(book)


def since_1904() -> bytes:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    assert isinstance(book.active, Worksheet)
    book.active.append(list(HEADER))
    book.active.append(cells_of(GOOD | {"imprisoned_on": datetime(2025, 12, 29)}))
    return saved(book)


def hidden_row(sheet: Worksheet) -> None:
    sheet.row_dimensions[2].hidden = True


def formula(value: str) -> Callable[[Worksheet], None]:
    def put(sheet: Worksheet) -> None:
        sheet.cell(2, HEADER.index("carer_name") + 1, value)

    return put


def merged(sheet: Worksheet) -> None:
    place = get_column_letter(HEADER.index("hold") + 1)
    sheet.merge_cells(f"{place}2:{place}3")


LINES = [list(HEADER), [str(cell) for cell in cells_of(GOOD)]]
DATED: dict[str, Any] = GOOD | {"imprisoned_on": date(2025, 12, 29), "child_born_on": datetime(2017, 4, 2)}
NUMBERED: dict[str, Any] = GOOD | {"carer_phone": 7700900001, "family_ref": 17, "child_born_on": 2017}

WORKBOOKS = (
    Case("a plain workbook", "XLSX not read at all", lambda: a_sheet(GOOD, OTHER), carers=BOTH),
    Case("dates as Excel stores them", "day 46020", lambda: a_sheet(DATED), imprisoned_on={"F001": "2025-12-29"},
         born_on={"F001": "2017-04-02"}),
    Case("dates counted from 1904", "every date four years and a day out", since_1904,
         imprisoned_on={"F001": "2025-12-29"}),
    Case("numbers where texts were", "family 17.0, born in 2017.0, and a phone without its zero",
         lambda: a_sheet(NUMBERED), carers={"17": "Carer 001"}, phones={"17": "+447700900001"},
         born_on={"17": "2017"}),
    Case("a merged cell", "a hold that stands over two rows and is read in one",
         lambda: a_sheet(a_row("F001", hold="no_contact_order"), OTHER, a_row("F003"), with_it=merged),
         rejected={3: "merged with others (hold)"}, carers=ONE | {"F003": "Carer 003"}),
    Case("a hidden sheet", "last month's list, read instead of this one's", swapped_sheets, carers=ONE),
    Case("only hidden sheets", "a hidden list imported unseen", only_hidden, refused="none of the column names"),
    Case("a hidden row", "rows numbered otherwise than Excel, or a family lost",
         lambda: a_sheet(a_row(area="XXX"), OTHER, with_it=hidden_row), rejected={2: "no area"}, carers=TWO),
    Case("blank rows above the header", "row numbers that begin at the first filled row",
         lambda: a_sheet(a_row(area="XXX"), OTHER, blank_rows=2), rejected={4: "no area"}, carers=TWO),
    Case("a formula that was never counted", "a blank name", lambda: a_sheet(GOOD, OTHER, with_it=formula("=A1&B1")),
         rejected={2: "may not be empty"}, carers=TWO),
    Case("an error of Excel's", "a carer called #N/A",
         lambda: by_hand(as_xml(LINES).replace('<c t="inlineStr"><is><t>OXF</t></is></c>', '<c t="e"><v>#N/A</v></c>')),
         rejected={2: "may not be empty"}),
    Case("cells without their place", "every cell in column A", lambda: by_hand(as_xml(LINES, numbered=False)),
         carers=ONE),
    Case("an XML bomb", "a billion laughs", lambda: with_parts(by_hand(as_xml(LINES)), {
        "xl/worksheets/sheet1.xml": lambda sheet: laughing(sheet)}), refused="damaged"),
    Case("an XML entity of a file", "the passwords of the server in a carer's name",
         lambda: with_parts(by_hand(as_xml(LINES)), {"xl/worksheets/sheet1.xml": lambda sheet: (
             b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + sheet.replace(b"Carer 001", b"&x;"))}),
         refused="damaged|not a recognition"),
    Case("a zip bomb", "600 MB from 600 kB", lambda: zip_bomb(), refused="unpacks to more"),
    Case("a far-off cell", "a sheet of seventeen thousand million cells",
         lambda: by_hand('<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
         refused="unpacks to more"),
    Case("a far-off cell in single quotation marks", "a far-off cell looked for as Excel writes it",
         lambda: by_hand("<row r = '1'><c r = 'a1'/></row><row><c r = 'xfd1048576'><v>1</v></c></row>"),
         refused="unpacks to more"),
    Case("a far-off row of cells without places", "four thousand million rows from one number",
         lambda: by_hand("<row r='4294967295'><c><v>1</v></c></row>"), refused="unpacks to more"),
    Case("one long text in every cell", "a megabyte of text, held once for each cell that points at it",
         lambda: by_hand(
             "".join(f"<row r='{row}'>" + "<c t='s'><v>0</v></c>" * 20 + "</row>" for row in range(1, 1001)),
             shared=f"<si><t>{'y' * 1_000_000}</t></si>"), refused="unpacks to more"),
    Case("a sheet kept elsewhere in the archive", "a far-off cell looked for in xl/worksheets only",
         lambda: elsewhere(), refused="unpacks to more"),
    Case("a hundred sheets", "the largest sheet read a hundred times", lambda: many_sheets(),
         refused="more than 50 sheets"),
    Case("a workbook cut off", "half a month", lambda: a_sheet(GOOD, OTHER)[:-200], refused="damaged"),
    Case("a workbook with a wrong checksum", "cells changed on the way",
         lambda: a_sheet(GOOD, OTHER).replace(b"xl/styles.xml", b"xl/stylez.xml", 1), refused="damaged"),
    Case("an archive that is no workbook", "a CSV in an archive, or a text document", lambda: with_parts(
        b"PK\x05\x06" + b"\0" * 18, {"january.csv": a_file(GOOD)}), refused="archive"),
    Case("an OpenDocument sheet", "'damaged', where another format is meant", lambda: with_parts(
        b"PK\x05\x06" + b"\0" * 18, {"content.xml": "<office/>"}), refused="not an XLSX"),
    Case("a locked workbook", "'damaged', where a password is asked for",
         lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, refused="locked"),
    Case("a web page called .xls", "a sign-in page saved instead of the list",
         lambda: b"<html><body>Your session has ended</body></html>", refused="web page"),
)  # fmt: skip

JSON_LINES = (
    Case("JSON Lines", "JSON Lines not read at all", lambda: f"{json.dumps(GOOD)}\n{json.dumps(OTHER)}\n".encode(),
         carers=BOTH),
    Case("a list around the lines", "'not a recognition file', where a bracket is too many",
         lambda: json.dumps([GOOD]).encode(), refused="not JSON Lines"),
    Case("a line cut off", "a whole file refused for its last line",
         lambda: f"{json.dumps(GOOD)}\n{json.dumps(OTHER)[:-30]}".encode(), rejected={2: "not a JSON object"},
         carers=ONE),
    Case("a key twice", "the later of two holds winning in silence",
         lambda: f'{json.dumps(GOOD)}\n{json.dumps(OTHER)[:-1]}, "hold": ""}}\n'.encode().replace(
             b'"checks"', b'"hold": "no_contact_order", "checks"'), rejected={2: "stands twice"}, carers=ONE),
    Case("nested without an end", "a stack that overflows", lambda: f'{json.dumps(GOOD)}\n{{"area":'.encode() + (
        b'{"area":' * 100_000), rejected={2: "not a JSON object"}, carers=ONE),
    Case("a number without an end", "an hour spent on one number",
         lambda: f'{json.dumps(GOOD)}\n{{"area": {"1" * 100_000}}}'.encode(), rejected={2: "not a JSON object"},
         carers=ONE),
    Case("half a letter", "a name that cannot be stored",
         lambda: json.dumps(GOOD | {"carer_name": "\ud83d Amina"}).encode(), carers={"F001": "? Amina"}),
    Case("values that are no texts", "'None' and 'True' stored as names",
         lambda: json.dumps({**GOOD, "carer_phone": 7700900001, "interpreter": True, "postcode": None}).encode(),
         phones={"F001": "+447700900001"}),
)  # fmt: skip


def laughing(sheet: bytes) -> bytes:
    entities = "".join(
        f'<!ENTITY a{depth} "{"ha" * 10 if depth == 0 else f"&a{depth - 1};" * 10}">' for depth in range(12)
    )
    return f"<!DOCTYPE w [{entities}]>".encode() + sheet.replace(b"Carer 001", b"&a11;")


def zip_bomb() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(600):
                part.write(b"0" * 1_000_000)
    return out.getvalue()


def elsewhere() -> bytes:
    far = "<row r='1'><c r='A1'/></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"
    with zipfile.ZipFile(BytesIO(by_hand(far))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    return with_parts(by_hand(as_xml(LINES)), {
        "xl/_rels/workbook.xml.rels": lambda part: part.replace(b"worksheets/sheet1.xml", b"notes/sheet1.xml"),
        "xl/notes/sheet1.xml": sheet,
    })  # fmt: skip


def many_sheets() -> bytes:
    book = openpyxl.Workbook()
    for _ in range(100):
        book.create_sheet()
    return saved(book)


CASES = (*ENCODINGS, *QUOTING, *HEADERS, *CELLS, *WORKBOOKS, *JSON_LINES)
