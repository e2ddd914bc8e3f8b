"""Events as Dahua's cameras say them: `Code=VideoMotion;action=Start;index=0;data={…}`, one or several. No I/O."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from gateway.errors import BadInput
from gateway.model import Words
from gateway.protocols.json_text import read_json, text_of

_BEGINS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:(?:[A-Za-z]{1,20}\s*=[^;=&\s]{0,100}\s*;\s*){0,4}Code\s*=\s*[^;=&\s]{1,100}\s*"
    rb"(?:;|\0*\s*\Z)|Heartbeat\s*(?:\Z|[\r\n]))",
    re.IGNORECASE,
)
"""Of a form `Code=…` is no event of Dahua's unless it stands alone, or a semicolon follows."""
_EACH = re.compile(
    r"^[ \t]*(?=(?:[a-z]{1,20}\s*=[^;=\n]{0,100};\s*)?Code\s*=|Heartbeat\s*$)", re.IGNORECASE | re.MULTILINE
)
_NAMES = {name.casefold(): name for name in ("Code", "action", "index")}
_DATA = re.compile(r";\s*data\s*=", re.IGNORECASE)
HEARTBEAT = "Heartbeat"
MAX_EVENTS = 100


def is_dahua(body: bytes) -> bool:
    return _BEGINS.match(body) is not None


def events_of(body: bytes) -> list[dict[str, Any]]:
    """Each with its keys as they stand there, and Code, action and index also in these letters.

    `data` is JSON, left out where it is none: an alarm needs none.

    Raises BadInput for too many.
    """
    pieces = [piece.strip() for piece in _EACH.split(text_of(body), maxsplit=MAX_EVENTS + 1)]
    found = [_event(piece) for piece in pieces if piece]
    if len(found) > MAX_EVENTS:
        raise BadInput(Words(f"超过 {MAX_EVENTS} 个事件", f"more than {MAX_EVENTS} events"), body)
    return found


def _event(piece: str) -> dict[str, Any]:
    if piece.casefold() == HEARTBEAT.casefold():
        return {"Code": HEARTBEAT}
    head, *data = _DATA.split(piece, maxsplit=1)
    pairs = (pair.partition("=") for pair in head.split(";"))
    event: dict[str, Any] = {name.strip(): value.strip() for name, _, value in pairs if name.strip()}
    for name in list(event):
        event.setdefault(_NAMES.get(name.casefold(), name), event[name])
    if data:
        with suppress(ValueError):
            event["data"] = read_json(data[0].strip().rstrip(";"))
    return event
