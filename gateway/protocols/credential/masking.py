"""Masks unreadable cards for the quarantine: the shape remains, for the installer who corrects the format."""

from __future__ import annotations

import re

SHOWN_BYTES = 2
_DIGIT, _LETTER = re.compile(rb"[0-9]"), re.compile(rb"[A-Fa-f]")
_ANY_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")


def mask_line(line: bytes) -> bytes:
    """Replace digits with 0 and hexadecimal letters with A, except in the last two characters."""
    front, end = line[:-SHOWN_BYTES], line[-SHOWN_BYTES:]
    return _LETTER.sub(b"A", _DIGIT.sub(b"0", front)) + end


def mask_text(line: bytes) -> bytes:
    """Replace all digits with 0 and all letters with A: of a code nothing but its shape may remain."""
    return _ANY_LETTER.sub(b"A", _DIGIT.sub(b"0", line))


def mask_bits(data: bytes) -> bytes:
    """Replace all bytes but the last with zeros."""
    return bytes(max(0, len(data) - 1)) + data[-1:]
