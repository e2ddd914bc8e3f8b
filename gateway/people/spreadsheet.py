"""Reads the property office's lists: a workbook (XLSX), CSV from a spreadsheet (UTF-8 or GB 18030), or YAML."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from gateway.model import Words
from gateway.people import workbook
from gateway.people.list_columns import column_of, columns_of, from_text, unknown_column
from gateway.people.list_mistakes import LineMistake, refused

MOST_LINES = 60_000
"""Of one list: some 5,000 households with all their people, vehicles and cards."""
_YAML = frozenset({".yaml", ".yml"})


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One entry; `line` is its first line in the file, from 1. Keys of `cells` are those of COLUMNS; none is empty."""

    line: int
    cells: Mapping[str, str]


def read_rows(file: Path) -> Iterator[SheetRow | LineMistake]:
    """Each entry of the file, or a mistake in its place. What the file is, is told by its content, YAML by its name.

    Raises ListRefused when the whole file can't be read.
    """
    if workbook.is_workbook(file):
        return _rows(workbook.read_cells(file))
    text = _text(file)
    return _from_yaml(text) if file.suffix.lower() in _YAML else _rows(_from_csv(text))


def _text(file: Path) -> str:
    data = file.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):  # Excel in China saves CSV as GB 18030, unless told otherwise
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refused(
        1,
        Words("文字既不是 UTF-8 也不是 GB 18030", "the text is neither UTF-8 nor GB 18030"),
        Words("请另存为“CSV UTF-8”", "save it as CSV UTF-8"),
    )


def _from_csv(text: str) -> Iterator[tuple[int, list[str]]]:
    if "\x00" in text:
        raise refused(1, Words("文件不是 CSV", "not CSV: it has null bytes"), Words("请另存为 CSV", "save it as CSV"))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for values in reader:
            yield line, [from_text(value.strip()).strip() for value in values]
            line = reader.line_num + 1  # a quoted cell may span several lines
    except csv.Error as error:
        what = Words(f"不是 CSV：{error}", f"not CSV: {error}")
        raise refused(max(reader.line_num, 1), what, Words("请检查引号", "fix the quotes")) from error


def _rows(lines: Iterator[tuple[int, list[str]]]) -> Iterator[SheetRow | LineMistake]:
    header = next((values for _, values in lines if any(values)), [])
    columns = columns_of(header)
    for count, (line, values) in enumerate(lines):
        if count >= MOST_LINES:
            yield LineMistake(line, *_TOO_LONG)
            return
        cells = {column: value for column, value in zip(columns, values, strict=False) if value}
        if any(values[len(columns) :]) or (len(values) > len(columns) and not cells):
            what = f"{len(values)} cells for {len(columns)} columns"
            zh = f"有 {len(values)} 格，而列名只有 {len(columns)} 个"
            yield LineMistake(line, Words(zh, what), Words("含逗号的内容请加引号", "quote what has commas"))
        elif cells:
            yield SheetRow(line, cells)


_TOO_LONG = (
    Words(f"超过 {MOST_LINES} 行", f"more than {MOST_LINES} lines"),
    Words("请按楼栋分成几个文件", "split it into several files, by building"),
)


def _from_yaml(text: str) -> Iterator[SheetRow | LineMistake]:
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = Words(f"不是 YAML：{error.problem}", f"not YAML: {error.problem}")
        raise refused(line, what, Words("请修改这一行", "fix the line")) from error
    except YAMLError as error:
        raise refused(1, Words("不是 YAML", f"not YAML: {error}"), Words("请修改文件", "fix the file")) from error
    entries = tree.get("people") if isinstance(tree, dict) else tree
    if not isinstance(entries, CommentedSeq):
        raise refused(
            1,
            Words("没有人员列表", "no list of people"),
            Words(
                "先写 people:，下面每人一行 `- place: …`",
                "write people: and below it one `- place: …` for each person",
            ),
        )
    for index, entry in enumerate(entries):
        yield from _entry(entries.lc.item(index)[0] + 1, entry)


def _entry(line: int, entry: Any) -> Iterator[SheetRow | LineMistake]:
    if not isinstance(entry, dict):
        what = Words(f"{entry!r} 不是一个条目", f"{entry!r} is no entry")
        yield LineMistake(line, what, Words("写成 - place: …, name: …", "write - place: …, name: …"))
        return
    unknown = [str(key) for key in entry if column_of(str(key)) is None]
    yield from (LineMistake(line, *unknown_column(key)) for key in unknown)
    if not unknown:
        cells = {column_of(str(key)) or "": _cell(value) for key, value in entry.items() if value is not None}
        yield SheetRow(line, {column: value for column, value in cells.items() if value})


def _cell(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value).strip()
