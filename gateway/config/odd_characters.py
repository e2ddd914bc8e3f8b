"""Finds characters that look like a space or YAML punctuation: from a Chinese keyboard or copied from a web page."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_PATTERNS = (
    (re.compile(r"\s*([－—–−﹣‐])"), "write '- ', with a plain '-'"),
    (re.compile(r"\s*(?:- +)?[\"']?[\w.-]{1,64}[\"']?\s*(：)"), "write ': ', with a plain ':' and a space"),
    (re.compile(r"[^#\"']*[:-] *([｛［【])"), "write { or [ in plain"),
    (re.compile(r"[^#\"'{[]*[{[][^#\"']*?([，｝］】：、])"), "write , : } or ] in plain"),
)
_INDENTATION = re.compile(rf"[\s{_INVISIBLE}-]*")


def find_odd_space(text: str, line: int) -> tuple[int, str, str] | None:
    """(line, what, mend) of the odd space nearest to `line`, where the YAML parser stopped, or None.

    Searches all indentations up to there, and the whole of that line and the one before.
    """
    lines = text.split("\n")[:line]
    for number in range(len(lines), 0, -1):
        indentation = _INDENTATION.match(lines[number - 1])
        if indentation and (odd := _first_of(indentation[0])):
            return number, f"{odd} stands in the indentation", "indent with plain spaces"
        near = number > len(lines) - 2
        if near and (odd := _first_of(lines[number - 1].partition(" #")[0])):
            return number, f"{odd} stands here", "write a plain space"
    return None


def find_odd_punctuation(text: str, line: int) -> tuple[int, str, str] | None:
    """(line, what, mend) of odd punctuation in `line`, where the YAML parser stopped, or in the line before; or None.

    Searches only where YAML needs punctuation: in a name such characters are right.
    """
    lines = text.split("\n")[:line]
    for pattern, mend in _PATTERNS:
        for number in range(len(lines), max(0, len(lines) - 2), -1):
            if found := pattern.match(lines[number - 1]):
                return number, f"{_named(found[1])} stands here", mend
    return None


def find_odd_space_in_key(key: str) -> tuple[str, str] | None:
    """(what, mend) of an odd space in a key, or None. YAML takes U+00A0 in an indentation for a key's first letter."""
    odd = _first_of(key)
    if odd is None:
        return None
    if _first_of(key[0]):
        return f"{odd} stands in the indentation", "indent with plain spaces"
    return f"{odd} stands in the key {key.strip()!r}", "write plain spaces"


def _first_of(text: str) -> str | None:
    """The first odd space's code point and name, such as `U+3000 (ideographic space)`."""
    for character in text:
        if character in _INVISIBLE or (character.isspace() and character not in " \t\r\n"):
            return _named(character)
    return None


def _named(character: str) -> str:
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'no name').lower()})"
