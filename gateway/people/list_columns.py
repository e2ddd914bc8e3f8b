"""The columns of the property office's list, in both languages, and how an export keeps cells from being formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.model import Words
from gateway.people.list_mistakes import LineMistake, ListRefused, refused

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("编号",),
    "kind": ("类别",),
    "place": ("房号", "房间", "位置", "地址", "室号"),
    "name": ("姓名", "名字"),
    "phone": ("电话", "手机", "手机号", "联系电话"),
    "id_number": ("证件号", "身份证号", "身份证"),
    "born": ("出生日期", "生日"),
    "role": ("身份", "关系"),
    "since": ("开始日期", "入住日期", "起"),
    "until": ("结束日期", "迁出日期", "止"),
    "plates": ("车牌", "车牌号", "plate"),
    "cards": ("卡号", "门禁卡", "card"),
    "pin": ("密码", "开门密码"),
    "list": ("名单",),
}
"""Each column with its other spellings; the first is the Chinese heading of an export."""
_BY_SPELLING = {spelling: column for column, others in COLUMNS.items() for spelling in (column, *others)}
NEVER_EXPORTED = frozenset({"pin"})
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, in full width as well."""


def column_of(name: str) -> str | None:
    """The column with this heading; None for an unknown one."""
    return _BY_SPELLING.get(name.strip().lower())


def columns_of(header: Sequence[str]) -> list[str]:
    """The columns of a heading. Raises ListRefused."""
    names = list(header)
    while names and not names[-1].strip():  # a spreadsheet's sheet may be wider than its table
        names.pop()
    unknown = [LineMistake(1, *unknown_column(name)) for name in names if column_of(name) is None]
    if unknown:
        raise ListRefused(unknown)
    columns = [column_of(name) or name for name in names]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice or not columns:
        what = f"column {', '.join(twice)} is there twice" if twice else "the file is empty"
        what_zh = f"列重复：{'、'.join(COLUMNS[each][0] for each in twice)}" if twice else "文件是空的"
        raise refused(
            1,
            Words(what_zh, what),
            Words(
                "第一行写列名，例如 房号,姓名,电话,车牌",
                "begin with one line of column names, such as place,name,phone,plates",
            ),
        )
    return columns


def unknown_column(name: str) -> tuple[Words, Words]:
    """What is wrong with such a heading, and the fix."""
    return (
        Words(f"不认识列“{name.strip()}”", f"unknown column {name.strip()!r}"),
        Words(
            f"可用的列：{'、'.join(others[0] for others in COLUMNS.values())}",
            f"use {', '.join(COLUMNS)} or {'、'.join(others[0] for others in COLUMNS.values())}",
        ),
    )


def as_text(text: str) -> str:
    """The cell of a CSV so that a spreadsheet takes it for text: with an apostrophe before what begins a formula."""
    return f"'{text}" if text.startswith((*_FORMULA_BEGINS, "'")) else text


def from_text(cell: str) -> str:
    """The text of a CSV's cell: without the apostrophe that `as_text` puts there."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA_BEGINS, "'")) else cell
