"""Which values of other makers' messages can go into a signal: what the journal, and JSON in a browser, can hold."""

from __future__ import annotations

import math
from typing import Any

MAX_INTEGER = 1 << 63


def scalar(value: Any, max_length: int) -> bool | int | float | str | None:
    """The value if it is usable, else None: an object or list, NaN, an infinity.

    Text is cut to `max_length` characters, and its lone surrogates become `?`; huge integers become text.
    """
    match value:
        case str():
            return value[:max_length].encode(errors="replace").decode()
        case int() if not isinstance(value, bool) and abs(value) >= MAX_INTEGER:
            return str(value)[:max_length]
        case float() if not math.isfinite(value):
            return None
        case bool() | int() | float():
            return value
    return None
