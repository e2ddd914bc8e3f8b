"""What the web does with care: agreements, away and back, "I am fine", and what is known of a home."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from gateway.care import rows
from gateway.care.habit import allowed
from gateway.care.rows import Agreement
from gateway.care.rule import AGREED, AWAY, BACK, ENDED, FINE, plan_data
from gateway.care.state import CareState, Watched
from gateway.config.residents import CareSection
from gateway.errors import NotFound, NotRecorded, Refused
from gateway.model import Action, Register, Step, Words
from gateway.store import Store, audit

CHECK_S = 60.0
WORDING = Words(
    "我独自居住，同意物业在长时间没有门、电梯、用水或室内活动迹象时上门关心。系统只记活动的时间和种类，不记内容；我可以随时"
    "查看、暂停和停止。",
    "I live alone and agree that the property looks after me when there is no sign of the door, the lift, water or"
    " movement for a long time. Only times and kinds of signs are kept; I can see, pause and stop this at any time.",
)
"""What is agreed to; version 1."""


class Act(Protocol):
    """`Intake.act`."""

    def __call__(self, action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> Awaitable[int]:
        """Commit what a person did, together with `unit`."""


class Care:
    """`rule_state` gives the rule's state; `settings` the present residents.yaml and time zone."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        act: Act,
        rule_state: Callable[[], CareState | None],
        settings: Callable[[], tuple[CareSection, ZoneInfo]],
        register: Callable[[], Register],
    ) -> None:
        self._store = store
        self._now = now
        self._act = act
        self._rule_state = rule_state
        self._settings = settings
        self._register = register

    @property
    def settings(self) -> CareSection:
        """What residents.yaml says of care."""
        return self._settings()[0]

    async def agreements(self) -> list[Agreement]:
        """All that are in force. Raises NotRecorded."""
        return await self._store.read(rows.in_force)

    async def agreement(self, place: str) -> Agreement:
        """The home's agreement. Raises NotFound and NotRecorded."""
        found = await self._store.read(lambda connection: rows.of_place(connection, place))
        if found is None:
            raise NotFound(f"{place} has no care")
        return found

    def watched(self, place: str) -> Watched | None:
        """What the rule knows of the home; None until it has taken in the agreement. Change nothing of it."""
        state = self._rule_state()
        return state.watched.get(place) if state is not None else None

    def allowed(self, watched: Watched) -> timedelta:
        """How long the present silence may last."""
        return allowed(watched, *self._settings())

    async def agree(self, place: str, person: str, longest: timedelta, water_m3: float, by: str, why: str = "") -> None:
        """Record the person's agreement, in place of a former one. Raises Refused and NotRecorded."""
        now = self._now()
        if not timedelta(hours=2) <= longest <= timedelta(days=7):
            raise Refused("between 2 hours and 7 days")
        if place not in self._register().rooms_of(person, now):
            raise NotFound("the person does not belong to this home")
        agreement = Agreement(place, person, longest, water_m3, WORDING.zh, now, by)

        def unit(connection: sqlite3.Connection) -> None:
            rows.end(connection, place, now, by)
            rows.insert(connection, agreement)
            data = {"place": place, "person": person, "hours": longest.total_seconds() / 3600}
            audit.append(connection, Step("", "care-agreed", by, now, why, data))

        await self._act(_stated(agreement, by, now), unit)

    async def end(self, place: str, by: str) -> None:
        """End care; what was learnt is forgotten, and the proof that it was agreed to stays. Raises NotFound."""
        await self.agreement(place)
        now = self._now()

        def unit(connection: sqlite3.Connection) -> None:
            rows.end(connection, place, now, by)
            audit.append(connection, Step("", "care-ended", by, now, "", {"place": place}))

        await self._act(Action(kind=ENDED, user=by, time=now, place=place), unit)

    async def away(self, place: str, until: datetime, by: str, why: str = "") -> None:
        """Nobody is at home until then. Raises NotFound, Refused for a time that is past or too far, NotRecorded."""
        await self.agreement(place)
        now = self._now()
        if not now < until <= now + self.settings.longest_away:
            raise Refused("the end must lie ahead, and not too far")

        def unit(connection: sqlite3.Connection) -> None:
            audit.append(connection, Step("", "care-away", by, now, why, {"place": place, "until": until.isoformat()}))

        await self._act(Action(kind=AWAY, user=by, time=now, place=place, data={"until": until.isoformat()}), unit)

    async def back(self, place: str, by: str) -> None:
        """Somebody is at home again. Raises NotFound, NotRecorded."""
        await self._simply(place, BACK, "care-back", by)

    async def fine(self, place: str, by: str) -> None:
        """The person says that they are fine: a sign of life. Raises NotFound, NotRecorded."""
        await self._simply(place, FINE, "care-fine", by)

    async def run(self) -> None:
        """Until cancelled: state again what the rule does not know, as after its state was lost."""
        while True:
            with contextlib.suppress(NotRecorded):
                await self.check()
            await asyncio.sleep(CHECK_S)

    async def check(self) -> None:
        """State agreements that the rule does not know; end those of people who have moved out."""
        state = self._rule_state()
        if state is None:
            return
        now, register, places = self._now(), self._register(), set()
        for agreement in await self.agreements():
            places.add(agreement.place)
            if register.persons and agreement.place not in register.rooms_of(agreement.person, now):
                await self.end(agreement.place, "")
            elif (known := state.watched.get(agreement.place)) is None or known.person != agreement.person:
                await self._act(_stated(agreement, agreement.by, now))
        for place in [place for place in state.watched if place not in places]:
            await self._act(Action(kind=ENDED, user="", time=now, place=place))

    async def _simply(self, place: str, kind: str, step: str, by: str) -> None:
        await self.agreement(place)
        now = self._now()
        data: Mapping[str, Any] = {"place": place}
        await self._act(
            Action(kind=kind, user=by, time=now, place=place),
            lambda connection: audit.append(connection, Step("", step, by, now, "", data)),
        )


def _stated(agreement: Agreement, by: str, at: datetime) -> Action:
    data = plan_data(agreement.person, agreement.longest, agreement.water_m3)
    return Action(kind=AGREED, user=by, time=at, place=agreement.place, data=data)
