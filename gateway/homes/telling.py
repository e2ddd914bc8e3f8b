"""Tells households what happened to their alarm, and puts arming and disarming into the journal as signals.

What is to be told stands in the rule's state. Each household is told up to a number, which is kept: after a crash
something may be told twice, and nothing is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.config.residents import HomeSection
from gateway.errors import NotRecorded
from gateway.homes import rows
from gateway.homes.areas import HomeAreas
from gateway.homes.arming import BY_WORDS, MODE_WORDS
from gateway.homes.state import AreaEvent
from gateway.homes.zones import names
from gateway.model import Json, Severity, Signal, Words
from gateway.notify.message import Message
from gateway.store import Store

CHECK_S = 0.25
SIGNALS = {"armed": "area.armed", "disarmed": "area.disarmed"}
KIND = "home_alarm"
"""The kind of these notices in a household's list."""
_AWAY = frozenset({"guard", "schedule", "panel"})
"""Whoever else arms or disarms, the household did it itself and need not be told."""


class TellHousehold(Protocol):
    """`Notices.tell`."""

    def __call__(self, place: str, words: Words, kind: str, about: str = "") -> Awaitable[object]:
        """Put a notice into the household's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """`emit` takes the gateway's own signals, `tell` reaches phones, `enqueue` the notifiers of desk.yaml."""

    emit: Callable[[Signal], Awaitable[int]]
    tell: TellHousehold
    enqueue: Callable[[sqlite3.Connection, Sequence[Message]], None]
    place_name: Callable[[str], Words]


class HouseholdTeller:
    """Follows the areas; `device` is the gateway as a device."""

    def __init__(self, store: Store, areas: HomeAreas, outlets: Outlets, device: str) -> None:
        self._store = store
        self._areas = areas
        self._outlets = outlets
        self._device = device
        self._told: dict[str, int] | None = None

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            with contextlib.suppress(NotRecorded):  # tried again; the store itself reports a disk that fails
                await self.check()
            await asyncio.sleep(CHECK_S)

    async def check(self) -> None:
        """Tell what has happened since the last check."""
        if self._told is None:
            self._told = await self._store.read(rows.told)
        for home in self._areas.homes():
            for event in self._areas.area(home.place).events:
                if event.number > self._told.get(home.place, 0):
                    await self._tell(home, event)
                    self._told[home.place] = event.number

    async def _tell(self, home: HomeSection, event: AreaEvent) -> None:
        kind = SIGNALS.get(event.what)
        if kind is not None:
            data: Json = {"place": home.place, "by": event.by, **({"mode": event.mode} if event.mode else {})}
            source = f"{home.place}:{event.number}"
            await self._outlets.emit(Signal(device=self._device, kind=kind, source_id=source, data=data))
        words = told_words(home, event)
        if words is not None:
            await self._outlets.tell(home.place, words, KIND, f"home:{event.number}")
        messages = self._messages(home, event, words) if words is not None and event.what == "alarm" else []

        def unit(connection: sqlite3.Connection) -> None:
            self._outlets.enqueue(connection, messages)
            rows.put_told(connection, home.place, event.number)

        await self._store.write(unit)

    def _messages(self, home: HomeSection, event: AreaEvent, words: Words) -> list[Message]:
        """For the notifiers that the household chose; room and zone are named where the notifier may."""
        where = self._outlets.place_name(home.place)
        return [
            Message(
                id=f"home/{home.place}/{event.number}",
                notifier=notifier,
                severity=Severity.CRITICAL,
                title=Words("家中报警", "Alarm at home"),
                text=Words("您家的报警已响，门卫已收到。", "Your home's alarm went off; the guard room has it."),
                personal={"room": where, "reason": words},
                of_incident=False,
            )
            for notifier in home.notify
        ]


def told_words(home: HomeSection, event: AreaEvent) -> Words | None:
    """What the household is told; None for what it did itself."""
    zones, by, mode = names(home, event.zones), BY_WORDS.get(event.by), MODE_WORDS.get(event.mode)
    mode = mode or Words("布防", "armed")
    match event.what:
        case "alarm":
            return Words(
                f"家中报警：{zones}。门卫已收到。如是误报，请凭密码告知。",
                f"Alarm at home: {zones}. The guard room has it. If it is false, say so with your code.",
            )
        case "failed":
            return Words(f"没有布防：{zones} 还开着", f"Not armed: {zones} still open")
        case "refused":
            return Words(f"定时布防没有成功：{zones}", f"The schedule could not arm: {zones}")
        case "armed" if by is not None and event.by in _AWAY:
            return Words(f"{mode.zh}（{by.zh}）", f"Your home is {mode.en}, by {by.en}")
        case "disarmed" if by is not None and event.by in _AWAY:
            return Words(f"已撤防（{by.zh}）", f"Your home was disarmed by {by.en}")
    return None
