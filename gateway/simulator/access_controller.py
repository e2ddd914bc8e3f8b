"""A door controller that decides itself, by the list that the gateway sends; it works on without the gateway.

It shares no code with the gateway: paho, JSON, and the pages for installers are all it knows.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.simulator.mqtt import ROOT, MqttDevices, MqttLogin

WEEK = [1, 2, 3, 4, 5, 6, 7]


@dataclass
class ListMemory:
    """What a controller keeps through a power cut."""

    version: str | None = None
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    schedules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    valid_until: datetime | None = None


class AccessController(MqttDevices):
    """One controller and its connection. `zone` is the compound's offset from UTC, for hours of the week."""

    def __init__(
        self,
        login: MqttLogin,
        device: str,
        memory: ListMemory | None = None,
        zone: timedelta = timedelta(hours=8),
        *,
        refuses: str = "",
    ) -> None:
        super().__init__(login, [device])
        self.device = device
        self.memory = memory or ListMemory()
        self.refuses = refuses
        """What it answers to every list; empty: it takes them."""
        self.lists_taken = asyncio.Queue[str](64)
        """The versions of the lists that it has put to use."""
        self._zone = zone
        self._coming: ListMemory | None = None
        self._next_part = 1
        self._client.message_callback_add(f"{ROOT}/{device}/list", self._on_list)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[AccessController]:
        """Connects, says which list it holds, and takes new ones, until the block is left."""
        async with self.running():
            yield self

    def present(self, kind: str, value: str, door: str, at: datetime | None = None) -> bool:
        """Somebody presents a credential: decide, and report it, now or once the gateway is back."""
        at = at or datetime.now(UTC)
        entry = next((one for one in self.memory.entries.values() if _is(one, kind, value, door)), None)
        if entry is None:
            reason = {"zh": "名单里没有", "en": "not on the list"}
        elif self.memory.valid_until is None or at > self.memory.valid_until:
            reason = {"zh": "名单已过期", "en": "the list has expired"}
        elif not self._is_time(entry, at):
            reason = {"zh": "不在允许的时间", "en": "not at this time"}
        else:
            reason = {}
        granted = not reason
        data = {"door": door, "credential": kind, **({"entry": entry["id"]} if entry else {})}
        said = {**data, "reason": reason} if reason else data
        self.send_signal(self.device, "access.granted" if granted else "access.denied", **said)
        return granted

    def _is_time(self, entry: dict[str, Any], at: datetime) -> bool:
        since, until = entry.get("from"), entry.get("until")
        if (since and at < datetime.fromisoformat(since)) or (until and at >= datetime.fromisoformat(until)):
            return False
        names, here = entry.get("schedules", []), at + self._zone
        return not names or any(_holds(one, here) for name in names for one in self.memory.schedules[name])

    def _on_connect(
        self, client: Client, data: object, flags: ConnectFlags, reason: ReasonCode, more: Properties | None
    ) -> None:
        """In paho's thread: say at every connection which list it holds."""
        super()._on_connect(client, data, flags, reason, more)
        if not reason.is_failure:
            client.subscribe(f"{ROOT}/{self.device}/list", 1)
            self._loop.call_soon_threadsafe(self._say_state)

    def _on_list(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        """In paho's thread."""
        body = json.loads(message.payload)
        self._loop.call_soon_threadsafe(self._take, body)

    def _take(self, part: dict[str, Any]) -> None:
        problem = self.refuses or self._keep(part)
        if problem:
            self._coming = None
            self._say_state(error=problem)
            return
        if part["part"] == part["parts"] and self._coming is not None:
            # Only now: with half a list it would lock half of the people out.
            self.memory.version, self.memory.valid_until = self._coming.version, self._coming.valid_until
            self.memory.entries, self.memory.schedules = self._coming.entries, self._coming.schedules
            self._coming = None
            self.lists_taken.put_nowait(part["version"])
        self._say_state(taken={"version": part["version"], "part": part["part"]})

    def _keep(self, part: dict[str, Any]) -> str:
        """Keep a part; returns what is wrong with it, or nothing."""
        if part["part"] == 1:
            if part["base"] not in (None, self.memory.version):
                return f"this is a change of {part['base']}, and I hold {self.memory.version}"
            entries = dict(self.memory.entries) if part["base"] else {}
            self._coming = ListMemory(part["version"], entries, valid_until=datetime.fromisoformat(part["valid_until"]))
            self._next_part = 1
        if self._coming is None or part["version"] != self._coming.version or part["part"] != self._next_part:
            return f"part {part['part']} of {part['version']} does not follow"
        self._next_part += 1
        self._coming.schedules = part["schedules"]
        for name in part["remove"]:
            self._coming.entries.pop(name, None)
        self._coming.entries.update({entry["id"]: entry for entry in part["add"]})
        return ""

    def _say_state(self, **more: Any) -> None:
        state = {"holds": self.memory.version, "entries": len(self.memory.entries), **more}
        self._publish(f"{self.device}/list_state", state)


def _holds(time: dict[str, Any], here: datetime) -> bool:
    begins, ends, clock = time.get("from", "00:00"), time.get("until", "24:00"), f"{here:%H:%M}"
    if begins <= ends:
        within = begins <= clock < ends
    else:
        within = clock >= begins or clock < ends
        if clock < ends:  # it began the evening before
            here -= timedelta(days=1)
    today = f"{here:%Y-%m-%d}"
    return within and here.isoweekday() in time.get("days", WEEK) and today in time.get("dates", [today])


def _is(entry: dict[str, Any], kind: str, value: str, door: str) -> bool:
    return entry["kind"] == kind and entry["value"] == value and door in entry["doors"]
