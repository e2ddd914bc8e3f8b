"""Sends a controller the list it decides by, in parts that it confirms one by one. JSON; no I/O of its own.

    list        gateway → device   {"version", "base", "part", "parts", "valid_until", "schedules": {name: [time…]},
                                    "add": [entry…], "remove": [id…]}
    list_state  device → gateway   {"holds", "entries"?, "taken"?: {"version", "part"}, "error"?}

`base` null begins a whole list, which replaces the former one when its last part has come; else it is a change of the
version that the device holds. The device answers every part with `taken`, and `holds` names the list it decides by: it
changes with the last part. It says `holds` at each connection too. An entry is
`{"id", "kind", "value", "doors", "from"?, "until"?, "schedules"?: [name…]}`, a time
`{"days"?, "dates"?, "from"?, "until"?}`. The schedules of a part replace those before.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.errors import BadInput, CommandFailed
from gateway.model import AccessList, AccessListEntry, Words
from gateway.protocols.anju_data import clean_text
from gateway.protocols.json_text import read_json, text_of

PART_ENTRIES = 200
"""Entries of a message: some 30 kB, which small controllers can hold."""
PART_TIMEOUT_S = 10.0
"""How long a controller may take to keep a part."""
MAX_ERROR = 200
MAX_VERSION = 64


@dataclass(frozen=True, slots=True)
class ListState:
    """What a controller says of its list. `taken` is the version and number of the part it has just kept."""

    holds: str | None
    taken: tuple[str, int] | None = None
    error: str = ""


def read_state(payload: bytes) -> ListState:
    """Parse a `list_state`. Raises BadInput."""
    try:
        message = read_json(text_of(payload))
    except ValueError as error:
        raise BadInput(Words("payload：不是 JSON", f"payload: no JSON ({error})"), payload) from None
    fields = message if isinstance(message, dict) else {}
    match fields.get("holds", ...), fields.get("taken"):
        case (None | str()) as holds, None:
            taken = None
        case (None | str()) as holds, {"version": str(version), "part": int(part)}:
            taken = version, part
        case _:
            raise BadInput(Words("缺少 holds（版本或 null）", "holds (a version or null) is missing"), payload)
    error_text = clean_text(str(fields["error"]))[:MAX_ERROR] if fields.get("error") else ""
    return ListState(holds and holds[:MAX_VERSION], taken, error_text)


class AccessListSender:
    """One controller's. `publish` sends a message to it; raises LinkLost."""

    def __init__(self, publish: Callable[[bytes], Awaitable[None]]) -> None:
        self._publish = publish
        self._confirmed: AccessList | None = None
        self.holds: str | None = ""
        """The version that the controller decides by; None: none. Empty: it has not said yet."""
        self._answer: asyncio.Future[ListState] | None = None
        self._lock = asyncio.Lock()

    def state_received(self, state: ListState) -> None:
        """The controller said what it holds."""
        self.holds = state.holds
        if self._answer is not None and not self._answer.done() and (state.taken or state.error):
            self._answer.set_result(state)

    async def load(self, new: AccessList) -> None:
        """Have the controller decide by this list; returns once it has confirmed. Does nothing where it does already.

        Raises CommandFailed when it does not confirm, LinkLost when it is not there.
        """
        async with self._lock:
            former = self._confirmed if self._confirmed and self._confirmed.version == self.holds else None
            if former == new:
                return
            self._confirmed = None  # what it has if this fails is not known
            parts = list(_parts(new, former))
            for number, part in enumerate(parts, 1):
                await self._send(new.version, number, {**part, "part": number, "parts": len(parts)})
            if self.holds != new.version:
                en = f"the controller has all of list {new.version} and holds {self.holds}"
                raise CommandFailed(Words("控制器收完名单却没有启用", en))
            self._confirmed = new

    async def _send(self, version: str, number: int, part: dict[str, Any]) -> None:
        self._answer = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(PART_TIMEOUT_S):
                await self._publish(json.dumps(part, ensure_ascii=False).encode())
                state = await self._answer
        except TimeoutError:
            en = f"part {number} of list {version} was not confirmed within {PART_TIMEOUT_S:g} s"
            raise CommandFailed(Words("控制器没有确认名单", en)) from None
        finally:
            self._answer = None
        if state.error:
            raise CommandFailed(Words(f"控制器拒绝名单：{state.error}", f"the controller refused: {state.error}"))
        if state.taken != (version, number):
            en = f"part {number} of list {version} was sent, and {state.taken} confirmed"
            raise CommandFailed(Words("控制器确认的不是发去的名单", en))


def _parts(new: AccessList, former: AccessList | None) -> Sequence[dict[str, Any]]:
    """The messages, without their numbers: a change where that is smaller than the whole."""
    add: Sequence[AccessListEntry] = new.entries
    remove: list[str] = []
    if former is not None:
        had, has = ({entry.id: entry for entry in one.entries} for one in (former, new))
        add = [entry for entry in new.entries if had.get(entry.id) != entry]
        remove = [name for name in had if name not in has]
        if len(add) + len(remove) >= len(new.entries) > 0:
            former, add, remove = None, new.entries, []
    head = {
        "version": new.version,
        "base": former.version if former else None,
        "valid_until": _time(new.valid_until),
        "schedules": {name: [dict(one) for one in times] for name, times in new.schedules.items()},
    }
    count = max(1, -(-max(len(add), len(remove)) // PART_ENTRIES))
    cuts = [slice(part * PART_ENTRIES, (part + 1) * PART_ENTRIES) for part in range(count)]
    return [{**head, "add": [_entry(one) for one in add[cut]], "remove": remove[cut]} for cut in cuts]


def _entry(entry: AccessListEntry) -> dict[str, Any]:
    said: dict[str, Any] = {"id": entry.id, "kind": entry.kind, "value": entry.value, "doors": list(entry.doors)}
    if entry.since is not None:
        said["from"] = _time(entry.since)
    if entry.until is not None:
        said["until"] = _time(entry.until)
    return said | ({"schedules": list(entry.schedules)} if entry.schedules else {})


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
