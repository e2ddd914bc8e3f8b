"""Reads the property office's lists: CSV from a spreadsheet (UTF-8 or GB 18030), or YAML."""

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

from gateway.errors import ConfigError, Mistake

COLUMNS: Mapping[str, frozenset[str]] = {
    "id": frozenset({"编号"}),
    "place": frozenset({"房号", "房间", "位置", "地址", "室号"}),
    "name": frozenset({"姓名", "名字"}),
    "phone": frozenset({"电话", "手机", "手机号", "联系电话"}),
    "role": frozenset({"身份", "关系"}),
    "plates": frozenset({"plate", "车牌", "车牌号"}),
    "list": frozenset({"名单"}),
}
_BY_SPELLING = {spelling: column for column, others in COLUMNS.items() for spelling in {column, *others}}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One entry; `line` is its first line in the file, from 1. Keys of `cells` are those of COLUMNS."""

    line: int
    cells: Mapping[str, str]


def read_rows(file: Path) -> Iterator[SheetRow | Mistake]:
    """Each entry of the file, or a mistake in its place.

    Raises ConfigError when the whole file can't be read.
    """
    text = _text(file)
    return _from_yaml(file, text) if file.suffix.lower() in {".yaml", ".yml"} else _from_csv(file, text)


def _text(file: Path) -> str:
    data = file.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):  # Excel in China saves CSV as GB 18030, unless told otherwise
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable(file, 1, "the text is neither UTF-8 nor GB 18030", "save it as CSV UTF-8")


def _from_csv(file: Path, text: str) -> Iterator[SheetRow | Mistake]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = _columns(file, next(reader, []))
        line = reader.line_num + 1
        for values in reader:
            cells = {column: value.strip() for column, value in zip(columns, values, strict=False) if value.strip()}
            if len(values) > len(columns):
                yield Mistake(file, line, f"{len(values)} cells for {len(columns)} columns", "quote what has commas")
            elif cells:
                yield SheetRow(line, cells)
            line = reader.line_num + 1  # a quoted cell may span several lines
    except csv.Error as error:
        raise _unreadable(file, reader.line_num, f"not CSV: {error}", "fix the quotes") from error


def _columns(file: Path, header: list[str]) -> list[str]:
    columns = [_column(name) or name for name in header]
    unknown = [Mistake(file, 1, *_unknown(name)) for name in header if _column(name) is None]
    if unknown:
        raise ConfigError(unknown)
    duplicates = {column for column in columns if columns.count(column) > 1}
    if duplicates or not columns:
        what = f"column {', '.join(sorted(duplicates))} is there twice" if duplicates else "the file is empty"
        raise _unreadable(file, 1, what, "begin with one line of column names, such as place,name,phone,plates")
    return columns


def _column(name: str) -> str | None:
    return _BY_SPELLING.get(name.strip().lower())


def _unknown(name: str) -> tuple[str, str]:
    return f"unknown column {name.strip()!r}", f"use {', '.join(COLUMNS)} or {_chinese()}"


def _chinese() -> str:
    return "、".join(sorted(min(others - {"plate"}) for others in COLUMNS.values()))


def _from_yaml(file: Path, text: str) -> Iterator[SheetRow | Mistake]:
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _unreadable(file, line, f"not YAML: {error.problem}", "fix the line") from error
    except YAMLError as error:
        raise _unreadable(file, 1, f"not YAML: {error}", "fix the file") from error
    entries = tree.get("people") if isinstance(tree, dict) else tree
    if not isinstance(entries, CommentedSeq):
        raise _unreadable(file, 1, "no list of people", "write people: and below it one `- place: …` for each person")
    for index, entry in enumerate(entries):
        line = entries.lc.item(index)[0] + 1
        yield from _entry(file, line, entry)


def _entry(file: Path, line: int, entry: Any) -> Iterator[SheetRow | Mistake]:
    if not isinstance(entry, dict):
        yield Mistake(file, line, f"{entry!r} is no entry", "write - place: …, name: …")
        return
    unknown = [str(key) for key in entry if _column(str(key)) is None]
    yield from (Mistake(file, line, *_unknown(key)) for key in unknown)
    if not unknown:
        yield SheetRow(
            line, {_column(str(key)) or "": _cell(value) for key, value in entry.items() if value is not None}
        )


def _cell(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value).strip()


def _unreadable(file: Path, line: int, what: str, mend: str) -> ConfigError:
    return ConfigError([Mistake(file, line, what, mend)])
