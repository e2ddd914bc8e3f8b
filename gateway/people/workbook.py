"""Reads and writes lists as workbooks (XLSX). Texts are written as texts only, so no cell is ever a formula."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from gateway.model import Words
from gateway.people.list_mistakes import ListRefused, refused

MAX_UNPACKED_BYTES = 128 * 1024 * 1024
"""Of all parts of a workbook: the reader holds them in memory, and a few kilobytes can unpack to gigabytes."""
_CHUNK = 1 << 16
_EXACT = 10**15
"""A spreadsheet keeps 15 digits of a number; the rest of a longer one is lost before we see it."""


def is_workbook(file: Path) -> bool:
    """Whether the content is a ZIP archive, as every XLSX is."""
    with file.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def read_cells(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Number (from 1) and cells of each row of the first sheet. Raises ListRefused."""
    _check_size(file)
    try:
        book = CalamineWorkbook.from_path(str(file))
        first = next((each.name for each in book.sheets_metadata if each.typ is SheetTypeEnum.WorkSheet), None)
        if first is None:
            raise _unreadable("it has no sheet")
        for number, row in enumerate(book.get_sheet_by_name(first).iter_rows(), 1):
            yield number, [_text(cell) for cell in row]
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise _unreadable(str(error)) from error


def _check_size(file: Path) -> None:
    """Unpack to nowhere, counting: the sizes that the archive states are checked against what is in it."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES or len(parts) > 1000:
                raise _unreadable(f"it unpacks to more than {MAX_UNPACKED_BYTES >> 20} MB")
            for part in parts:
                with archive.open(part) as stream:
                    while stream.read(_CHUNK):
                        pass
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _unreadable(str(error)) from error


def _unreadable(why: str) -> ListRefused:
    return refused(
        1,
        Words(f"工作簿无法读取：{why}", f"the workbook can't be read: {why}"),
        Words("请用 Excel 或 WPS 另存为 .xlsx，不加密码", "save it again as .xlsx, without a password"),
    )


def _text(cell: object) -> str:
    """The cell as its owner sees it: whole numbers without a fraction, dates as 2026-11-30."""
    match cell:
        case bool():
            return str(cell)
        case float() if cell.is_integer() and abs(cell) < _EXACT:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(" ", "seconds")
        case date() | time() | timedelta():
            return str(cell)
        case _:
            return str(cell).strip()


def write_workbook(file: Path, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write the rows one by one, each to disk at once. Blocks; use it in a thread."""
    book = xlsxwriter.Workbook(str(file), {"constant_memory": True, "tmpdir": str(file.parent)})
    sheet, text = book.add_worksheet(), book.add_format({"quote_prefix": True, "num_format": "@"})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(heading) - 1, 18)
    for number, row in enumerate(itertools.chain([heading], rows)):
        for column, cell in enumerate(row):
            if cell:
                sheet.write_string(number, column, cell, text)
    book.close()
