"""What a message tells: Contact ID (`1130 01 015`) and SIA data blocks (`Nri1/BA015`) → events."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.model import ALARM_KINDS
from gateway.protocols.dc09 import contact_id, sia_codes
from gateway.protocols.dc09.code_table import RESTORE_KINDS, UNMAPPED, CodeMeaning
from gateway.protocols.dc09.message import Dc09Message

_CONTACT_ID = re.compile(
    r"(?:(?:[0-9A-F]{3,6} )?[19]8 ?)?(?P<qualifier>[136EPR]) ?(?P<code>[0-9A-F]{3})"
    r"(?: ?(?P<area>[0-9A-F]{2}) ?(?P<zone>[0-9A-F]{3,4})|[ .]+(?P<area_>[0-9A-F]{1,2})[ .]+(?P<zone_>[0-9A-F]{1,5}))"
    r"(?:\s*[|^*].*)?",
    re.DOTALL,
)
"""`1130 01 015`. Some put the account and the message's type 18 of the telephone line in front, some write E, R and P,
some fewer zeros, some a name behind.
"""
_LETTERS = {"1": "e", "3": "r", "6": "p"}
_QUALIFIERS = {"E": "1", "R": "3", "P": "6"}
_NO_EVENT = re.compile(r"0[0 ]{3,14}")
"""A hub's test of its line in the place of an event."""
_MODIFIERS = frozenset("ti da id ri pi ai ph lv pt si va vl ci".split())
"""Of DC-03. They are in small letters by it; hosts write Ri and RI as well."""
_LOUD = "TI|ID|RI|AI|PI"
"""In capitals only those that are no event codes: PT, PH, CI, DA are."""
_NEW = re.compile(rf"[NOno](?=[A-Za-z][a-z]|[a-z][A-Z]|[A-Z]{{2}}|(?:{_LOUD})[0-9])")
"""New or old (stored) event; `NL2` is the code NL without it."""
_PIECE = re.compile(
    rf"(?P<modifier>[a-z][A-Za-z]|[A-Z][a-z]|(?:{_LOUD})(?=[0-9]))(?P<value>[0-9:.-]*)/?"
    r"|(?P<code>[A-Z]{2})(?P<number>[0-9]{0,8})(?P<text>(?:\^[^^]*\^|\*[^*]*\*|[^/])*)/?"
    r"|[^/]*/"  # what can't be read is passed over: another event may stand behind it
)
MAX_TEXT = 80
MAX_ITEMS = 64
"""In one message; a block is a line of a printer."""


@dataclass(frozen=True, slots=True)
class Dc09Event:
    """`kind` is a signal's; `zone` the zone's number, where there is one; `data` what else is known."""

    code: str
    kind: str
    zone: int | None
    data: Mapping[str, Any]


def parse_events(message: Dc09Message) -> Sequence[Dc09Event]:
    """The events of a message, in order; none where it tells none, or in a format that can't be read."""
    events = _block(message)
    if not events or not message.further:
        return events
    others = [replace(message, data=data, further=()) for data in message.further]
    return [*events, *(event for other in others for event in _block(other) or [unreadable_event(other)])]


def _block(message: Dc09Message) -> Sequence[Dc09Event]:
    match message.header.token:
        case "ADM-CID":
            found = _CONTACT_ID.fullmatch(message.data.strip().upper())
            if _NO_EVENT.fullmatch(message.data.strip()):
                return [Dc09Event("E000", "x.dc09.e000", None, {"code": "E000"})]
            return [_contact_id(found)] if found else []
        case "SIA-DCS":
            return list(_blocks(message.data))
    return []


def unreadable_event(message: Dc09Message) -> Dc09Event:
    """Nobody knows what it was: a fault, for a guard to ask the panel."""
    text = {"zh": "无法识别的上报", "en": "a report that can't be read"}
    data = {"code": message.header.token, "text": text, "said": message.data[:MAX_TEXT]}
    return Dc09Event(message.header.token, "device.faulted", None, data)


def _contact_id(found: re.Match[str]) -> Dc09Event:
    code, area, number = found["code"], found["area"] or found["area_"], found["zone"] or found["zone_"]
    qualifier = _QUALIFIERS.get(found["qualifier"], found["qualifier"])
    meaning, end = contact_id.lookup(code), None
    kind = meaning.kind
    if qualifier == "3" and kind != UNMAPPED:
        kind, end = RESTORE_KINDS.get(kind, (UNMAPPED, None))
    letter = _LETTERS[qualifier]
    more = {"still": True} if qualifier == "6" else {}
    return _event(f"{letter.upper()}{code}", kind, end, meaning, area, number, more)


def _blocks(data: str) -> Iterator[Dc09Event]:
    """`ri1/BA015^text^/BA016`: what a modifier says holds for the codes after it. `|A…` is text for a printer."""
    block, _, text = data.strip().partition("|A")
    modifiers: dict[str, str] = {}
    for piece in itertools.islice(_pieces(block), MAX_ITEMS):
        if piece["modifier"]:
            name = piece["modifier"].lower()
            if name in _MODIFIERS or sia_codes.lookup(name.upper())[0].kind not in ALARM_KINDS:
                modifiers[name] = piece["value"]
            else:  # an alarm in small letters; a restore would have to be sure
                yield _sia(name.upper(), piece["value"], modifiers, text.strip("^*| "))
        elif piece["code"]:
            yield _sia(piece["code"], piece["number"], modifiers, (piece["text"] or text).strip("^*| "))


def _pieces(rest: str) -> Iterator[re.Match[str]]:
    """What is new or old is said once, or in front of each event."""
    at = 0
    while piece := _PIECE.match(rest, at + (_NEW.match(rest, at) is not None)):
        at = piece.end()
        yield piece


def _sia(code: str, number: str, modifiers: Mapping[str, str], said: str) -> Dc09Event:
    meaning, end = sia_codes.lookup(code)
    more: dict[str, Any] = {"detector": said[:MAX_TEXT]} if said else {}
    user = modifiers.get("id")
    if user and meaning.number != "user":
        more["user"] = _plain(user)
    return _event(code, meaning.kind, end, meaning, modifiers.get("ri", ""), number, more)


def _event(
    code: str, kind: str, end: str | None, meaning: CodeMeaning, area: str, number: str, more: Mapping[str, Any]
) -> Dc09Event:
    """A code's words are of what happened: beside the return of the mains they would say that the mains are lost."""
    data: dict[str, Any] = {"code": code}
    if kind == "zone.restored" or not kind.endswith((".restored", "_restored")):
        data["text"] = {"zh": meaning.text.zh, "en": meaning.text.en}
    if area.strip("0"):
        data["area"] = _plain(area)
    if meaning.number != "-" and number.strip("0"):
        data[meaning.number] = _plain(number)
    if end:
        data["from"] = end
    zone = None if kind.startswith("area.") else data.get("zone")
    named = f"x.dc09.{code.lower()}" if kind == UNMAPPED else kind
    return Dc09Event(code, named, zone if isinstance(zone, int) else None, {**data, **more})


def _plain(number: str) -> int | str:
    return int(number) if number.isdecimal() else number
