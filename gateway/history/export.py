"""A list of alerts to take away, as CSV or as a workbook. No cell is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import xlsxwriter

from gateway.history.rows import TakenAlert
from gateway.model import Words, with_ids

MOST_ROWS = 100_000
"""Alerts of one list; a longer period is refused, with the advice to ask for a shorter one."""
BOM = b"\xef\xbb\xbf"
"""Without it Excel takes UTF-8 for the code page of the machine."""
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_CELL = 32_000
Cell = str | float | datetime | None

COLUMNS: Sequence[Words] = (
    Words("编号", "id"),
    Words("发生时间", "raised at"),
    Words("严重程度", "severity"),
    Words("信号类型", "signal kind"),
    Words("地点", "place"),
    Words("地点编号", "place id"),
    Words("设备", "device"),
    Words("规则", "rule"),
    Words("原因", "reason"),
    Words("次数", "count"),
    Words("恢复时间", "restored at"),
    Words("接警时间", "acknowledged at"),
    Words("接警用时（秒）", "seconds to acknowledge"),
    Words("到场时间", "on scene at"),
    Words("结警时间", "closed at"),
    Words("结警人", "closed by"),
    Words("结论", "disposition"),
    Words("备注", "note"),
)
_SEVERITIES = {"critical": "紧急", "high": "重要", "medium": "一般", "low": "提示"}
_DISPOSITIONS = {"real": "真实警情", "false": "误报", "nuisance": "干扰", "test": "测试", "drill": "演练"}


@dataclass(frozen=True, slots=True)
class Layout:
    """In which language and time zone, and the names of places, devices and kinds for people."""

    language: str
    zone: ZoneInfo
    place_name: Callable[[str], str]
    device_name: Callable[[str | None], str]
    with_names: Callable[[Words], Words] = with_ids

    def heading(self) -> list[str]:
        """The first row; the zone stands at the first time."""
        names = [column[self.language] for column in COLUMNS]
        names[1] = f"{names[1]} ({self.zone.key})"
        return names

    def cells(self, taken: TakenAlert) -> list[Cell]:
        """One row, in the order of COLUMNS."""
        alert = taken.alert
        disposition = alert.disposition.value if alert.disposition else ""
        to_acknowledge = taken.acknowledged_at and (taken.acknowledged_at - alert.raised_at).total_seconds()
        return [
            alert.id,
            self._local(alert.raised_at),
            _SEVERITIES[alert.severity.word] if self.language == "zh" else alert.severity.word,
            taken.kind,
            self.place_name(alert.place),
            alert.place,
            self.device_name(alert.device),
            alert.rule,
            self.with_names(alert.reason)[self.language],
            alert.count,
            self._local(alert.restored_at),
            self._local(taken.acknowledged_at),
            to_acknowledge,
            self._local(taken.on_scene_at),
            self._local(taken.closed_at),
            taken.closed_by,
            _DISPOSITIONS.get(disposition, "") if self.language == "zh" else disposition,
            taken.note,
        ]

    def _local(self, at: datetime | None) -> datetime | None:
        """What the compound's clock showed, in whole seconds and without a zone, as a spreadsheet takes it."""
        return at and at.astimezone(self.zone).replace(microsecond=0, tzinfo=None)


def as_text(text: str) -> str:
    """The text so that a spreadsheet takes it for one: with an apostrophe before what would begin a formula."""
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text


def csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """The rows in UTF-8, without a byte order mark."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
    return text.getvalue().encode()


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.isoformat(" ")
        case str():
            return as_text(cell.replace("\x00", ""))
        case _:
            return str(cell)


class Workbook:
    """A workbook that is written row by row, each to disk at once. Blocks; use it in a thread."""

    def __init__(self, path: Path, heading: Sequence[str]) -> None:
        # Texts are written as texts only; nothing is taken for a number, a formula or a link.
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
        self._sheet = self._book.add_worksheet()
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._text = self._book.add_format({"quote_prefix": True})
        self._row = 0
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(heading) - 1, 18)
        self.add([heading])

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Append rows."""
        for row in rows:
            for column, cell in enumerate(row):
                self._write(column, cell)
            self._row += 1

    def close(self) -> None:
        """Write the file."""
        self._book.close()

    def _write(self, column: int, cell: Cell) -> None:
        match cell:
            case None | "":
                return
            case datetime():
                self._sheet.write_datetime(self._row, column, cell, self._time)
            case str():
                self._sheet.write_string(self._row, column, cell[:_LONGEST_CELL], self._text)
            case _:
                self._sheet.write_number(self._row, column, cell)
