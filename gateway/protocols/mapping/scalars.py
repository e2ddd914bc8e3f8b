"""What of other people's values may be told on: words and numbers that a record, and JSON in a browser, can hold."""

from __future__ import annotations

import math
from typing import Any

MAX_INTEGER = 1 << 63


def scalar(value: Any, longest: int) -> bool | int | float | str | None:
    """None for trees, and for numbers that are none; words are cut, and lone surrogates become `?`."""
    match value:
        case str():
            return value[:longest].encode(errors="replace").decode()
        case int() if not isinstance(value, bool) and abs(value) >= MAX_INTEGER:
            return str(value)[:longest]
        case float() if not math.isfinite(value):
            return None
        case bool() | int() | float():
            return value
    return None
