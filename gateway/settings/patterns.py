"""Regular expressions in the YAML, matched in linear time (RE2): a bad pattern must not block the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import re2
from pydantic import AfterValidator, Field

from gateway.settings.mend import Wrong

_MAX_MEMORY = 4 << 20
"""Bytes that one pattern may use, compiled and running."""


def compiled(pattern: str) -> Any:
    """The compiled pattern; raises Wrong for an invalid one."""
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False  # RE2 would print them to stderr
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise Wrong(f"{pattern!r} is no pattern: {_why(error)}", _mend(pattern)) from None


def _why(error: Exception) -> str:
    why = error.args[0] if error.args else "it can't be read"
    return why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)


def _mend(pattern: str) -> str:
    if any(group in pattern for group in ("(?=", "(?!", "(?<=", "(?<!")):
        return "lookaround is not supported: write the text itself, or two patterns"
    if "\\Z" in pattern:
        return "write \\z or $ for the end"
    return "correct it; the syntax is RE2's: github.com/google/re2/wiki/Syntax"


def _check(pattern: str) -> str:
    compiled(pattern)
    return pattern


PatternText = Annotated[
    str,
    Field(min_length=1, max_length=1000, description="searched for in the message's text; (?P<name>…) names a part"),
    AfterValidator(_check),
]


def groups(found: Any) -> Mapping[str, str]:
    """The named groups that matched, with their texts."""
    return {name: text for name, text in found.groupdict().items() if text is not None}
