"""Parses JSON that the database and other programs can hold, and rejects everything else with an explanation.

Python's parser accepts more than JSON has: NaN and Infinity, integers of any size, lone surrogates, duplicate names,
unbounded nesting. Each of these would fail much later: in the database, or in the device it is sent to.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

from aiohttp import web

from gateway.model import Words
from gateway.web.api_errors import ApiError

MAX_DEPTH = 32
"""Nesting of arrays and objects."""
MAX_INTEGER = 2**63 - 1
"""The largest integer that SQLite and most devices can hold."""
_INVALID_TEXT = Words("文字中有无效的字符", "A text contains a lone surrogate or a NUL")
_MAX_DIGITS = 400
"""Python's conversion of a number takes quadratic time in its digits."""


def parse_json(body: bytes) -> Any:
    """Raises ApiError (400). The message never contains a value from the body: it may be a password."""
    try:
        value = json.loads(
            body.decode(),
            parse_constant=_reject_constant,
            parse_float=_float,
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise ApiError(400, Words("请求内容不是有效的 JSON", "The body is not valid JSON")) from None
    _check(value)
    return value


def check_url(request: web.Request) -> None:
    """Raises ApiError (400) when the path or query contains a lone surrogate or a NUL."""
    texts: Iterable[str] = (*request.match_info.values(), *(text for pair in request.query.items() for text in pair))
    if not all(_is_valid_text(text) for text in texts):
        raise ApiError(400, Words("地址中有无效的字符", "The address contains a lone surrogate or a NUL"))


def _check(value: Any, depth: int = 1) -> None:
    if depth > MAX_DEPTH:
        raise _too_deep()
    match value:
        case str():
            if not _is_valid_text(value):
                raise ApiError(400, _INVALID_TEXT)
        case dict():
            for name, item in value.items():
                _check(name, depth + 1)
                _check(item, depth + 1)
        case list():
            for item in value:
                _check(item, depth + 1)


def _is_valid_text(text: str) -> bool:
    try:
        text.encode()  # fails for lone surrogates
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _reject_constant(name: str) -> NoReturn:
    raise ApiError(400, Words(f"{name} 不是数字", f"{name} is not a number"))


def _float(digits: str) -> float:
    value = float(digits) if len(digits) <= _MAX_DIGITS else math.inf
    if not math.isfinite(value):
        raise _too_large()
    return value


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) <= _MAX_DIGITS else MAX_INTEGER + 1
    if abs(value) > MAX_INTEGER:
        raise _too_large()
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ApiError(400, Words("同一字段写了两次", "A name occurs twice in one object"))
    return value


def _too_large() -> ApiError:
    return ApiError(400, Words("数字太大", "A number is too large"))


def _too_deep() -> ApiError:
    return ApiError(400, Words(f"嵌套超过 {MAX_DEPTH} 层", f"The JSON is nested deeper than {MAX_DEPTH}"))
