"""What a request says, as text that the record and other programs can hold; everything else is refused in words.

Python reads more than JSON has: NaN and Infinity, numbers of any size, half characters (lone surrogates), the same
name twice, brackets without end. Any of it would break far from here: in the record, or at the device it is sent to.
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
"""Brackets within brackets."""
MAX_INTEGER = 2**63 - 1
"""An integer that SQLite and most devices can hold."""
_HALF = Words("文字中有无效的字符", "A text holds half a character (a lone surrogate) or a NUL")
_LONGEST_NUMBER = 400
"""Digits; a number with more says nothing that a device could use."""


def parse_json(body: bytes) -> Any:
    """Raises Trouble (400) that says what is wrong, and never repeats a value: it may be a password."""
    try:
        read = json.loads(
            body.decode(),
            parse_constant=_no_number,
            parse_float=_float,
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise _deep() from None
    except ValueError:
        raise ApiError(400, Words("请求内容不是有效的 JSON", "The body is not valid JSON")) from None
    _check(read)
    return read


def check_url(request: web.Request) -> None:
    """The path and the query hold whole characters alone. Raises Trouble (400)."""
    texts: Iterable[str] = (*request.match_info.values(), *(text for pair in request.query.items() for text in pair))
    if not all(_is_text(each) for each in texts):
        raise ApiError(400, Words("地址中有无效的字符", "The address holds half a character, or a NUL"))


def _check(value: Any, depth: int = 1) -> None:
    if depth > MAX_DEPTH:
        raise _deep()
    match value:
        case str():
            if not _is_text(value):
                raise ApiError(400, _HALF)
        case dict():
            for name, each in value.items():
                _check(name, depth + 1)
                _check(each, depth + 1)
        case list():
            for each in value:
                _check(each, depth + 1)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _no_number(name: str) -> NoReturn:
    raise ApiError(400, Words(f"{name} 不是数字", f"{name} is no number"))


def _float(digits: str) -> float:
    value = float(digits) if len(digits) <= _LONGEST_NUMBER else math.inf
    if not math.isfinite(value):
        raise _large()
    return value


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) <= _LONGEST_NUMBER else MAX_INTEGER + 1
    if abs(value) > MAX_INTEGER:
        raise _large()
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ApiError(400, Words("同一字段写了两次", "A name stands twice in one object"))
    return made


def _large() -> ApiError:
    return ApiError(400, Words("数字太大", "A number is too large"))


def _deep() -> ApiError:
    return ApiError(400, Words(f"嵌套超过 {MAX_DEPTH} 层", f"The JSON is nested deeper than {MAX_DEPTH}"))
