"""Codes entered at keypads, and cards at readers, of homes that the gateway arms.

A code goes to the decision and nowhere else: it is taken out of the signal before that is recorded, whatever device
sent it. Only what was asked for and by whom is kept.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from gateway.config.residents import HomeSection
from gateway.errors import AnjuError
from gateway.homes.areas import Ask, HomeAreas
from gateway.model import Signal

log = structlog.get_logger(__name__)
ENTERED, PRESENTED = "pin.entered", "credential.presented"
CODE, MODE = "code", "mode"
MODES = frozenset({"away", "home", "night", "disarm"})
MAX_WAITING = 100


@dataclass(frozen=True, slots=True)
class _Entered:
    """A code at a keypad, or a card at a reader, of a home. `mode` is empty where the device does not say."""

    home: HomeSection
    device: str
    code: str
    card: Mapping[str, Any] | None
    mode: str


class ArmingInput:
    """`take` is called with every signal before it is recorded; `run` handles what was taken.

    `card_holder` finds whose card a signal's data names: the person's id, and the room that the card belongs to.
    """

    def __init__(self, areas: HomeAreas, card_holder: Callable[[Mapping[str, Any]], tuple[str, str] | None]) -> None:
        self._areas = areas
        self._card_holder = card_holder
        self._waiting: deque[_Entered] = deque(maxlen=MAX_WAITING)
        self._more = asyncio.Event()

    def take(self, signal: Signal) -> Signal:
        """The signal without a code in it."""
        if signal.kind == PRESENTED:
            for home in self._homes_of(signal.device, "readers"):
                self._put(_Entered(home, signal.device, "", signal.data, ""))
            return signal
        if signal.kind != ENTERED or CODE not in signal.data:
            return signal
        code, mode = str(signal.data[CODE]), str(signal.data.get(MODE) or "")
        for home in self._homes_of(signal.device, "keypads"):
            self._put(_Entered(home, signal.device, code, None, mode if mode in MODES else ""))
        kept = {name: value for name, value in signal.data.items() if name != CODE}
        return replace(signal, data={"digits": len(code), **kept})

    async def run(self) -> None:
        """Handle what was taken, until cancelled."""
        while True:
            while self._waiting:
                await self._handle(self._waiting.popleft())
            self._more.clear()
            await self._more.wait()

    def _put(self, entered: _Entered) -> None:
        self._waiting.append(entered)
        self._more.set()

    def _homes_of(self, device: str, key: str) -> Iterator[HomeSection]:
        return (home for home in self._areas.homes() if device in getattr(home, key))

    async def _handle(self, entered: _Entered) -> None:
        """Arm or disarm. What is refused is on record; nothing of the code is logged."""
        try:
            await (self._card(entered) if entered.card is not None else self._code(entered))
        except AnjuError as error:
            log.info("a home was not armed or disarmed", device=entered.device, why=str(error))

    async def _code(self, entered: _Entered) -> None:
        place, device = entered.home.place, entered.device
        match = await self._areas.check_code(place, entered.code, f"keypad:{device}", device, device)
        await self._ask(entered, "keypad", match.person)

    async def _card(self, entered: _Entered) -> None:
        found = self._card_holder(entered.card or {})
        if found is None:
            return  # a stranger's card: the reader's own decision is on record
        person, place = found
        at_home = place == entered.home.place
        if at_home if not person else self._areas.may_arm_now(person, entered.home.place):
            await self._ask(entered, "card", person)

    async def _ask(self, entered: _Entered, by: str, person: str) -> None:
        phase = self._areas.area(entered.home.place).phase
        mode = entered.mode or ("disarm" if phase in {"armed", "entry", "arming"} else "away")
        what = "disarm" if mode == "disarm" else "arm"
        user = f"resident:{person}" if person else f"card:{entered.device}"
        await self._areas.ask(Ask(what, entered.home.place, by, user, person, "away" if what == "disarm" else mode))
