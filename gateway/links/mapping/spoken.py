"""Events as Dahua's cameras say them: `Code=VideoMotion;action=Start;index=0;data={…}`, one or several. No I/O."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from gateway.errors import BadInput
from gateway.links.json_text import read_json, text_of
from gateway.model import Words

_BEGINS = re.compile(rb"\s*(?:Code=[^;\s]{1,100}\s*;\s*action=|Heartbeat\s*(?:\Z|[\r\n]))", re.IGNORECASE)
_EACH = re.compile(r"^[ \t]*(?=Code=|Heartbeat\s*$)", re.IGNORECASE | re.MULTILINE)
_DATA = re.compile(r";\s*data\s*=", re.IGNORECASE)
HEARTBEAT = "Heartbeat"
MOST_EVENTS = 100


def is_spoken(body: bytes) -> bool:
    return _BEGINS.match(body) is not None


def events_of(body: bytes) -> list[dict[str, Any]]:
    """Each with its keys as they stand there; `data` as JSON, left out where it is none: an alarm needs none.

    Raises BadInput for too many.
    """
    pieces = [piece.strip() for piece in _EACH.split(text_of(body), maxsplit=MOST_EVENTS + 1)]
    found = [_event(piece) for piece in pieces if piece]
    if len(found) > MOST_EVENTS:
        raise BadInput(Words(f"超过 {MOST_EVENTS} 个事件", f"more than {MOST_EVENTS} events"), body)
    return found


def _event(piece: str) -> dict[str, Any]:
    if piece.casefold() == HEARTBEAT.casefold():
        return {"Code": HEARTBEAT}
    head, *data = _DATA.split(piece, maxsplit=1)
    pairs = (pair.partition("=") for pair in head.split(";"))
    event: dict[str, Any] = {name.strip(): value.strip() for name, _, value in pairs if name.strip()}
    if data:
        with suppress(ValueError):
            event["data"] = read_json(data[0].strip().rstrip(";"))
    return event
