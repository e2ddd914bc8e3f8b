"""Compares values of messages with values in the YAML. No I/O."""

from __future__ import annotations

import math
import re
from typing import Any

Value = bool | int | float | str
_MEASUREMENT = re.compile(
    r"\s*([+-]?[0-9]{1,15}(?:\.[0-9]{1,15}|,[0-9]{1,2})?)\s*(?:[°℃℉%][A-Za-z]?|[A-Za-zµΩ][A-Za-z0-9/²³]{0,7})\s*"
    r"|\s*([+-]?[0-9]{1,15},[0-9]{1,2})\s*"
)
"""`60.5 °C`, `60,5`: a number with its unit, or with a decimal comma."""


def as_tuple(values: tuple[Value, ...] | Value) -> tuple[Value, ...]:
    """One value or several, as several."""
    return values if isinstance(values, tuple) else (values,)


def is_same(value: Any, expected: Value) -> bool:
    """Whether a message's value is the expected one.

    True is not 1. But `ON` is `on`, for firmwares differ in it, and the text `True`, which a bridge in Python writes,
    is true.
    """
    if isinstance(value, str) and isinstance(expected, bool):
        return value.strip().casefold() == str(expected).casefold()
    if isinstance(value, str) and isinstance(expected, str):
        return value.casefold() == expected.casefold()
    return (type(value) is type(expected) and bool(value == expected)) or _are_same_number(value, expected)


def value_type(value: Any) -> type:
    """The type of a value, where every number but a bool counts as a float."""
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def as_number(value: Any) -> float | None:
    """The finite number in a value, with or without a unit; None if there is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and (measured := _MEASUREMENT.fullmatch(value)):
        value = (measured[1] or measured[2]).replace(",", ".")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _are_same_number(value: Any, expected: Value) -> bool:
    numbers = [each for each in (value, expected) if isinstance(each, int | float) and not isinstance(each, bool)]
    return len(numbers) == 2 and numbers[0] == numbers[1]
