"""Codes entered at keypads, and cards at readers, of homes that the gateway arms.

A code comes as the signal's secret, which the intake records nowhere. Only what was asked for and by whom is kept.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from gateway.config.residents import HomeSection
from gateway.errors import AnjuError
from gateway.homes.areas import Ask, HomeAreas
from gateway.model import Action, Signal

log = structlog.get_logger(__name__)
ENTERED, PRESENTED = "pin.entered", "credential.presented"
MODE = "mode"
MODES = frozenset({"away", "home", "night", "disarm"})
MAX_WAITING = 100


@dataclass(frozen=True, slots=True)
class _Entered:
    """A code at a keypad, or a card at a reader, of a home. `mode` is empty where the device does not say."""

    home: HomeSection
    device: str
    code: str = field(repr=False)
    card: Mapping[str, Any] | None
    mode: str


class ArmingInput:
    """`heard` listens to the intake; `run` handles what was heard.

    `card_holder` finds whose card a signal's data names: the person's id, and the room that the card belongs to.
    `is_repeated` says whether the same signal was told before.
    """

    def __init__(
        self,
        areas: HomeAreas,
        card_holder: Callable[[Mapping[str, Any]], tuple[str, str] | None],
        is_repeated: Callable[[Signal], bool],
    ) -> None:
        self._areas = areas
        self._card_holder = card_holder
        self._is_repeated = is_repeated
        self._waiting: deque[_Entered] = deque(maxlen=MAX_WAITING)
        self._more = asyncio.Event()

    def heard(self, event: Signal | Action) -> None:
        """A signal, on record or not. Returns at once."""
        if not isinstance(event, Signal) or event.kind not in {ENTERED, PRESENTED}:
            return
        homes = list(self._homes_of(event.device, "keypads" if event.kind == ENTERED else "readers"))
        if not homes or (event.kind == ENTERED and not event.secret) or self._is_repeated(event):
            return
        mode = str(event.data.get(MODE) or "") if event.kind == ENTERED else ""
        card = event.data if event.kind == PRESENTED else None
        for home in homes:
            self._put(_Entered(home, event.device, event.secret or "", card, mode if mode in MODES else ""))

    async def run(self) -> None:
        """Handle what was heard, until cancelled."""
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
