"""JSON as devices write it, which is not always JSON: with a BOM, in GBK, with NaN, with numbers of any length.

What a number can't hold is NaN, for the caller to leave out.
"""

from __future__ import annotations

import json
import math
from typing import Any

from gateway.protocols.charset import decode_text

MAX_INTEGER_DIGITS = 4000
"""Digits; Python refuses to read 4,301."""


def text_of(data: bytes, *, gbk_first: bool = False) -> str:
    """UTF-16 or UTF-32, where its zeros show that it is, else as `charset.decode_text` has it; without NULs around it."""
    if b"\0" not in data.strip(b"\0"):
        return decode_text(data.strip(b"\0"), gbk_first=gbk_first)
    encoding = json.detect_encoding(data)
    if encoding.startswith("utf-8"):
        return decode_text(data, gbk_first=gbk_first)
    return data.decode(encoding, errors="replace")


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
    return int(digits) if len(digits) <= MAX_INTEGER_DIGITS else math.nan
