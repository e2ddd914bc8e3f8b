"""Parses events as Dahua's cameras write them: `Code=VideoMotion;action=Start;index=0;data={…}`. No I/O."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from gateway.errors import BadInput
from gateway.model import Words
from gateway.protocols.json_text import read_json, text_of

_FIRST_EVENT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:(?:[A-Za-z]{1,20}\s*=[^;=&\s]{0,100}\s*;\s*){0,4}Code\s*=\s*[^;=&\s]{1,100}\s*"
    rb"(?:;|\0*\s*\Z)|Heartbeat\s*(?:\Z|[\r\n]))",
    re.IGNORECASE,
)
"""`Code=…` must be followed by a semicolon or the end, for the same may begin a form: `Code=1&state=2`."""
_EVENT_START = re.compile(
    r"^[ \t]*(?=(?:[a-z]{1,20}\s*=[^;=\n]{0,100};\s*)?Code\s*=|Heartbeat\s*$)", re.IGNORECASE | re.MULTILINE
)
_CANONICAL_KEYS = {name.casefold(): name for name in ("Code", "action", "index")}
_DATA = re.compile(r";\s*data\s*=", re.IGNORECASE)
HEARTBEAT = "Heartbeat"
MAX_EVENTS = 100


def is_dahua(body: bytes) -> bool:
    """Whether a body begins like such an event."""
    return _FIRST_EVENT.match(body) is not None


def events_of(body: bytes) -> list[dict[str, Any]]:
    """Each event with its keys as the device writes them; Code, action and index also in this spelling.

    `data` is parsed JSON, and left out where it is not JSON: an alarm is complete without it. Raises BadInput for too
    many events.
    """
    pieces = [piece.strip() for piece in _EVENT_START.split(text_of(body), maxsplit=MAX_EVENTS + 1)]
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
        event.setdefault(_CANONICAL_KEYS.get(name.casefold(), name), event[name])
    if data:
        with suppress(ValueError):
            event["data"] = read_json(data[0].strip().rstrip(";"))
    return event
