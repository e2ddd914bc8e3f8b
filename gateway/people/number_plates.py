"""Normalises and checks vehicles' number plates."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[\s·•・.\-_]+")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SERIAL = "[A-HJ-NP-Z0-9]"
_CHINESE = re.compile(
    rf"[{_PROVINCES}][A-HJ-Z](?:{_SERIAL}{{4,5}}(?:{_SERIAL}|[学警港澳挂领])|{_SERIAL}{{3,5}}应急)"  # GA 36-2018, 5
    r"|[使领][0-9]{6}|[0-9]{6}使"  # embassies and consulates
    r"|民航[A-HJ-Z][0-9]{4}"  # airport aprons
    r"|[军空海北南广沈兰成济][A-HJ-Z][0-9]{5}"  # the forces' until 2012
    rf"|[{_PROVINCES}][0-9]{{7}}"  # tractors, NY 345
    r"|WJ[A-Z0-9京-龥]{6,7}"  # armed police, GA 36 annex
    r"|[A-Z]{2}[0-9]{5}"  # the army's
)
_FOREIGN = re.compile(r"[A-Z0-9]{4,8}")


def normalized_plate(text: str) -> str:
    """Upper case, without spaces, dots and dashes: `苏m·12345` becomes `苏M12345`."""
    return _SEPARATORS.sub("", text).upper()


def is_plate(text: str) -> bool:
    """Whether the normalised text can be a plate: GA 36-2018, special Chinese plates, or a plain foreign one."""
    return bool(_CHINESE.fullmatch(text) or (_FOREIGN.fullmatch(text) and any(c.isdigit() for c in text)))
