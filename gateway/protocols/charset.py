"""Text of devices that do not say in which encoding it is: UTF-8, or what Chinese devices send instead, GBK."""

from __future__ import annotations

import re

_ODD = re.compile("[\u0180-\u036f]")
"""Phonetic letters and accents without a letter, which two bytes of GBK become that pass for UTF-8: 通 is U+0368."""
_MORE = re.compile("[\u0080-\u017f\u0370-\U0010ffff]")


def decode_text(data: bytes, *, gbk_first: bool = False) -> str:
    """UTF-8 with or without a BOM, else GB18030, else UTF-8 with `�` for what is none.

    `gbk_first`: the sender named GBK.
    """
    text = _maybe(data, "gb18030") if gbk_first else None
    if text is None:
        text = _maybe(data, "utf-8-sig")
        if text is not None and not text.isascii() and _ODD.search(text) and not _MORE.search(text):
            text = _maybe(data, "gb18030") or text
    if text is None:
        text = _maybe(data, "gb18030")
    return data.decode(errors="replace") if text is None else text


def _maybe(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
