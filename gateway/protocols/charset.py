"""Decodes text of devices that do not declare its encoding: UTF-8, or what Chinese devices send instead, GBK."""

from __future__ import annotations

import re

_SUSPICIOUS = re.compile("[\u0180-\u036f]")
"""Phonetic letters and combining accents. Two bytes of GBK that happen to be valid UTF-8 become these: 通 is U+0368."""
_PLAUSIBLE = re.compile("[\u0080-\u017f\u0370-\U0010ffff]")
"""Other characters beyond ASCII: a text that has any of them is UTF-8."""


def decode_text(data: bytes, *, gbk_first: bool = False) -> str:
    """The text as UTF-8 with or without a BOM, else as GB18030, else as UTF-8 with `�` for invalid bytes.

    `gbk_first`: the sender declared GBK.
    """
    text = _try(data, "gb18030") if gbk_first else None
    if text is None:
        text = _try(data, "utf-8-sig")
        # Valid UTF-8 of strange characters only: more likely short GBK, such as the name of a zone.
        if text is not None and not text.isascii() and _SUSPICIOUS.search(text) and not _PLAUSIBLE.search(text):
            text = _try(data, "gb18030") or text
    if text is None:
        text = _try(data, "gb18030")
    return data.decode(errors="replace") if text is None else text


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
