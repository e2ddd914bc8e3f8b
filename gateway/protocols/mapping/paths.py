"""JMESPath expressions (jmespath.org) that find a value in a message, such as `battery` or `data[0].state`."""

from __future__ import annotations

from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field

from gateway.errors import BadInput
from gateway.model import Words
from gateway.protocols.json_text import read_json, text_of
from gateway.settings.mend import Wrong

MAX_BYTES = 64 * 1024
"""Bytes of a message."""
MAX_DEPTH = 32
"""Levels of nesting a message may have."""


def _check(expression: str) -> str:
    try:
        jmespath.compile(expression)
    except JMESPathError as error:
        why = str(error).splitlines()[0].removesuffix(":")
        raise Wrong(
            f"{expression!r} is no JMESPath expression ({why})", "write one like battery or data[0].state"
        ) from None
    return expression


Path = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_check)]


def look_up(expression: str, message: Any) -> Any:
    """The value at the expression; None when there is none, or the expression does not suit the message."""
    try:
        return jmespath.search(expression, message)
    except JMESPathError:
        return None


def read_message(payload: bytes) -> Any:
    """The JSON of a message, or its text: many devices send just `on`. Raises BadInput for what is neither.

    NaN, Infinity and very long numbers, which small devices write into their JSON, are read as NaN.
    """
    if len(payload) > MAX_BYTES:
        size = len(payload)
        raise BadInput(Words(f"共 {size} 字节，最多 {MAX_BYTES}", f"{size} bytes, {MAX_BYTES} are the most"), payload)
    text = text_of(payload)
    if "\ufffd" in text:  # the replacement character: some bytes were no text
        why = Words("既不是 JSON 也不是 UTF-8 文本", "neither JSON nor text in UTF-8")
        raise BadInput(why, payload)
    try:
        message = read_json(text)
    except ValueError:
        return text.strip()
    if _depth(message) > MAX_DEPTH:
        raise BadInput(Words(f"JSON 嵌套超过 {MAX_DEPTH} 层", f"JSON nested deeper than {MAX_DEPTH} levels"), payload)
    return message


def _depth(message: Any) -> int:
    level, deep = [message], 0
    while level and deep <= MAX_DEPTH:  # level by level: recursion could overflow on what it is to bound
        deep += 1
        level = [below for item in level for below in _below(item)]
    return deep


def _below(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []
