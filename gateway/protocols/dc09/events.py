"""Parses the events of a message: Contact ID (`1130 01 015`) and SIA data blocks (`Nri1/BA015`)."""

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
"""`1130 01 015`. Some panels prepend the account and the message type 18 of the telephone protocol, some write E, R
and P as qualifiers, some omit leading zeros, some append a name.
"""
_LETTERS = {"1": "e", "3": "r", "6": "p"}
_QUALIFIERS = {"E": "1", "R": "3", "P": "6"}
_NO_EVENT = re.compile(r"0[0 ]{3,14}")
"""All zeros: some hubs send this as a link test in place of an event."""
_MODIFIERS = frozenset("ti da id ri pi ai ph lv pt si va vl ci".split())
"""Modifiers of DC-03, in small letters by the standard; panels write `Ri` and `RI` as well."""
_CAPITAL_MODIFIERS = "TI|ID|RI|AI|PI"
"""Modifiers accepted in capitals: those that are not event codes too, as PT, PH, CI and DA are."""
_NEW = re.compile(rf"[NOno](?=[A-Za-z][a-z]|[a-z][A-Z]|[A-Z]{{2}}|(?:{_CAPITAL_MODIFIERS})[0-9])")
"""Prefix of a new (N) or old, stored (O) event. It must not match the code NL in `NL2`."""
_ITEM = re.compile(
    rf"(?P<modifier>[a-z][A-Za-z]|[A-Z][a-z]|(?:{_CAPITAL_MODIFIERS})(?=[0-9]))(?P<value>[0-9:.-]*)/?"
    r"|(?P<code>[A-Z]{2})(?P<number>[0-9]{0,8})(?P<text>(?:\^[^^]*\^|\*[^*]*\*|[^/])*)/?"
    r"|[^/]*/"  # skip what can't be read: another event may follow it
)
MAX_TEXT = 80
"""Characters of text that a signal carries."""
MAX_ITEMS = 64
"""Modifiers and events in one message."""


@dataclass(frozen=True, slots=True)
class Dc09Event:
    """One event: its code, signal kind, zone number (None if it names no zone) and the signal's data."""

    code: str
    kind: str
    zone: int | None
    data: Mapping[str, Any]


def parse_events(message: Dc09Message) -> Sequence[Dc09Event]:
    """Return the events of a message, in order; empty for a link test and for a format that can't be read."""
    events = _parse_block(message)
    if not events or not message.extra_blocks:
        return events
    # A further block that can't be read is reported as well: it may be an alarm.
    others = [replace(message, data=data, extra_blocks=()) for data in message.extra_blocks]
    return [*events, *(event for other in others for event in _parse_block(other) or [unreadable_event(other)])]


def _parse_block(message: Dc09Message) -> Sequence[Dc09Event]:
    match message.header.token:
        case "ADM-CID":
            found = _CONTACT_ID.fullmatch(message.data.strip().upper())
            # A link test in place of an event: shown, but not reported as unreadable.
            if _NO_EVENT.fullmatch(message.data.strip()):
                return [Dc09Event("E000", "x.dc09.e000", None, {"code": "E000"})]
            return [_contact_id_event(found)] if found else []
        case "SIA-DCS":
            return list(_sia_events(message.data))
    return []  # other data formats of the standard are not supported


def unreadable_event(message: Dc09Message) -> Dc09Event:
    """Return a device fault for data that can't be read, so that a guard looks at the panel."""
    text = {"zh": "无法识别的上报", "en": "a report that can't be read"}
    data = {"code": message.header.token, "text": text, "said": message.data[:MAX_TEXT]}
    return Dc09Event(message.header.token, "device.faulted", None, data)


def _contact_id_event(found: re.Match[str]) -> Dc09Event:
    code, area, number = found["code"], found["area"] or found["area_"], found["zone"] or found["zone_"]
    qualifier = _QUALIFIERS.get(found["qualifier"], found["qualifier"])
    meaning, end = contact_id.lookup(code), None
    kind = meaning.kind
    if qualifier == "3" and kind != UNMAPPED:
        kind, end = RESTORE_KINDS.get(kind, (UNMAPPED, None))
    letter = _LETTERS[qualifier]
    more = {"still": True} if qualifier == "6" else {}
    return _event(f"{letter.upper()}{code}", kind, end, meaning, area, number, more)


def _sia_events(data: str) -> Iterator[Dc09Event]:
    """Parse `ri1/BA015^text^/BA016`: a modifier applies to all codes after it. `|A…` is text for a printer."""
    block, _, text = data.strip().partition("|A")
    modifiers: dict[str, str] = {}
    for item in itertools.islice(_items(block), MAX_ITEMS):
        if item["modifier"]:
            name = item["modifier"].lower()
            if name in _MODIFIERS or sia_codes.lookup(name.upper())[0].kind not in ALARM_KINDS:
                modifiers[name] = item["value"]
            else:  # an alarm code in small letters counts; a restore or status in small letters does not
                yield _sia_event(name.upper(), item["value"], modifiers, text.strip("^*| "))
        elif item["code"]:
            yield _sia_event(item["code"], item["number"], modifiers, (item["text"] or text).strip("^*| "))


def _items(block: str) -> Iterator[re.Match[str]]:
    """Split a block into modifiers and events. The prefix N or O comes once, or before each event."""
    at = 0
    while item := _ITEM.match(block, at + (_NEW.match(block, at) is not None)):
        at = item.end()
        yield item


def _sia_event(code: str, number: str, modifiers: Mapping[str, str], text: str) -> Dc09Event:
    meaning, end = sia_codes.lookup(code)
    more: dict[str, Any] = {"detector": text[:MAX_TEXT]} if text else {}
    user = modifiers.get("id")
    if user and meaning.number != "user":  # else the event's own number is the user
        more["user"] = _number(user)
    return _event(code, meaning.kind, end, meaning, modifiers.get("ri", ""), number, more)


def _event(
    code: str, kind: str, end: str | None, meaning: CodeMeaning, area: str, number: str, more: Mapping[str, Any]
) -> Dc09Event:
    data: dict[str, Any] = {"code": code}
    # A code's text describes the event. Beside mains_restored it would say that the mains are lost, so it is left out.
    if kind == "zone.restored" or not kind.endswith((".restored", "_restored")):
        data["text"] = {"zh": meaning.text.zh, "en": meaning.text.en}
    if area.strip("0"):
        data["area"] = _number(area)
    if meaning.number != "-" and number.strip("0"):
        data[meaning.number] = _number(number)
    if end:
        data["from"] = end
    # Arming concerns an area: the zone of a keyswitch is data, and not what the signal is about.
    zone = None if kind.startswith("area.") else data.get("zone")
    signal_kind = f"x.dc09.{code.lower()}" if kind == UNMAPPED else kind
    return Dc09Event(code, signal_kind, zone if isinstance(zone, int) else None, {**data, **more})


def _number(number: str) -> int | str:
    return int(number) if number.isdecimal() else number
