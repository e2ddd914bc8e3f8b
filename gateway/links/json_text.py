"""JSON as devices write it, which is not always JSON: with a BOM, in GBK, with NaN, with numbers of any length.

What a number can't hold is NaN, for the caller to leave out.
"""

from __future__ import annotations

import json
import math
from typing import Any

LONGEST_INTEGER = 300
"""Digits. Python refuses to read 4,301, and a float holds 308."""


def text_of(data: bytes, *, gbk_first: bool = False) -> str:
    """UTF-8, UTF-16 or UTF-32 with or without a BOM, else GB18030; what is none of them becomes `�`.

    `gbk_first`: the sender named GBK, of which a few texts would pass for UTF-8 as well.
    """
    data = data.strip(b"\0 \t\r\n") if b"\0" not in data.strip(b"\0") else data
    named = json.detect_encoding(data)
    usual = ("gb18030", "utf-8-sig") if gbk_first else ("utf-8-sig", "gb18030")
    for encoding in usual if named.startswith("utf-8") else (named,):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode(errors="replace")


def read_json(text: str) -> Any:
    """Raises ValueError for what is no JSON, and for JSON that is nested too deep to be read."""
    try:
        return json.loads(
            text.lstrip("\ufeff"), strict=False, parse_constant=_no_number, parse_int=_integer, parse_float=float
        )
    except RecursionError:
        raise ValueError("nested too deep") from None


def _no_number(_name: str) -> float:
    return math.nan


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else math.nan
