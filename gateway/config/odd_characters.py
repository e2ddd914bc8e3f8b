"""Characters that look like a space or a mark of YAML and are none: what a Chinese keyboard or a web page leaves."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_FALSE_MARKS = (
    (re.compile(r"\s*([－—–−﹣‐])"), "write '- ', with a plain '-'"),
    (re.compile(r"\s*(?:- +)?[\"']?[\w.-]{1,64}[\"']?\s*(：)"), "write ': ', with a plain ':' and a space"),
    (re.compile(r"[^#\"']*[:-] *([｛［【])"), "write { or [ in plain"),
    (re.compile(r"[^#\"'{[]*[{[][^#\"']*?([，｝］】：、])"), "write , : } or ] in plain"),
)
_BEGINNING = re.compile(rf"[\s{_INVISIBLE}-]*")


def false_space(text: str, line: int) -> tuple[int, str, str] | None:
    """(line, what, mend) for the nearest one at or before `line`, where YAML gave up; None: there is none.

    Looked for in all indentations up to there, and anywhere in that line and the one before.
    """
    lines = text.split("\n")[:line]
    for number in range(len(lines), 0, -1):
        beginning = _BEGINNING.match(lines[number - 1])
        if beginning and (odd := _first_of(beginning[0])):
            return number, f"{odd} stands in the indentation", "indent with plain spaces"
        near = number > len(lines) - 2
        if near and (odd := _first_of(lines[number - 1].partition(" #")[0])):
            return number, f"{odd} stands here", "write a plain space"
    return None


def false_mark(text: str, line: int) -> tuple[int, str, str] | None:
    """(line, what, mend) for one in `line`, where YAML gave up, or the one before; None: there is none.

    In a name they are right: only where YAML wants a mark of its own.
    """
    lines = text.split("\n")[:line]
    for pattern, mend in _FALSE_MARKS:
        for number in range(len(lines), max(0, len(lines) - 2), -1):
            if found := pattern.match(lines[number - 1]):
                return number, f"{_named(found[1])} stands here", mend
    return None


def false_space_in_key(key: str) -> tuple[str, str] | None:
    """(what, mend): YAML takes U+00A0 in an indentation for the beginning of a key."""
    odd = _first_of(key)
    if odd is None:
        return None
    if _first_of(key[0]):
        return f"{odd} stands in the indentation", "indent with plain spaces"
    return f"{odd} stands in the key {key.strip()!r}", "write plain spaces"


def _first_of(text: str) -> str | None:
    """Its code point and name, such as `U+3000 (ideographic space)`."""
    for character in text:
        if character in _INVISIBLE or (character.isspace() and character not in " \t\r\n"):
            return _named(character)
    return None


def _named(character: str) -> str:
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'no name').lower()})"
