"""Reads JSON as devices write it, which is not always valid: with a BOM, in GBK, with NaN, with huge numbers.

Numbers that can't be represented become NaN, for the caller to leave out.
"""

from __future__ import annotations

import json
import math
from typing import Any

from gateway.protocols.charset import decode_text

MAX_INTEGER_DIGITS = 4000
"""Python refuses to read an integer of 4,301 digits."""


def text_of(data: bytes, *, gbk_first: bool = False) -> str:
    """The text of JSON in any encoding, without surrounding NULs.

    UTF-16 or UTF-32 where zero bytes show it, else what `charset.decode_text` finds.
    """
    if b"\0" not in data.strip(b"\0"):
        return decode_text(data.strip(b"\0"), gbk_first=gbk_first)
    # NULs within the text: UTF-16 or UTF-32, or garbage.
    encoding = json.detect_encoding(data)
    if encoding.startswith("utf-8"):
        return decode_text(data, gbk_first=gbk_first)
    return data.decode(encoding, errors="replace")


def read_json(text: str) -> Any:
    """Parse JSON. Raises ValueError for what is not JSON, and for JSON that is nested too deep."""
    try:
        return json.loads(
            # strict=False allows line breaks and tabs in strings, which many devices do not escape.
            text.lstrip("\ufeff"),
            strict=False,
            parse_constant=_nan,
            parse_int=_integer,
            parse_float=float,
        )
    except RecursionError:
        raise ValueError("nested too deep") from None


def _nan(_name: str) -> float:
    return math.nan


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_INTEGER_DIGITS else math.nan
