"""What the web does with care: agreeing and ending, away and back, "I am fine", and what is known of a home."""

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
from gateway.care.rows import CarePlan
from gateway.care.rule import AGREED, AWAY, BACK, ENDED, FINE, plan_data
from gateway.care.state import CareState, Watched
from gateway.config.residents import CareSection, ConsentKind, ConsentText
from gateway.errors import Conflict, NotFound, NotRecorded, Refused
from gateway.model import Action, Register, Step
from gateway.privacy.consents import ConsentBook, GivenConsent, How
from gateway.privacy.consents import rows as consents
from gateway.store import Store, audit

CHECK_S = 60.0
KIND = ConsentKind.CARE
STEPS = {BACK: "care-back", FINE: "care-fine"}


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
        book: ConsentBook,
    ) -> None:
        self._store = store
        self._now = now
        self._act = act
        self._rule_state = rule_state
        self._settings = settings
        self._register = register
        self._book = book

    @property
    def settings(self) -> CareSection:
        """What residents.yaml says of care."""
        return self._settings()[0]

    @property
    def wording(self) -> ConsentText:
        """What is agreed to."""
        return self._book.wording(KIND)

    async def plans(self) -> list[CarePlan]:
        """All homes with care. Raises NotRecorded."""
        return await self._store.read(rows.plans)

    async def plan(self, place: str) -> CarePlan:
        """The home's plan. Raises NotFound and NotRecorded."""
        found = await self._store.read(lambda connection: rows.plan(connection, place))
        if found is None:
            raise NotFound(f"{place} has no care")
        return found

    def watched(self, place: str) -> Watched | None:
        """What the rule knows of the home; None until it has taken in the plan. Change nothing of it."""
        state = self._rule_state()
        return state.watched.get(place) if state is not None else None

    def allowed(self, watched: Watched) -> timedelta:
        """How long the present silence may last."""
        return allowed(watched, *self._settings())

    async def agree(
        self, place: str, person: str, longest: timedelta, water_m3: float, how: How, by: str, why: str = ""
    ) -> None:
        """Put the person's consent and the family's choice on record. Raises Refused, NotFound and NotRecorded."""
        now = self._now()
        if not timedelta(hours=2) <= longest <= timedelta(days=7):
            raise Refused("between 2 hours and 7 days")
        if place not in self._register().rooms_of(person, now):
            raise NotFound("the person does not belong to this home")
        plan = CarePlan(place, person, longest, water_m3, now)

        def unit(connection: sqlite3.Connection) -> None:
            self._check_former(connection, plan, now)
            self._book.give(connection, GivenConsent(person, KIND, how, by))
            rows.put(connection, plan)
            data = {"place": place, "person": person, "hours": longest.total_seconds() / 3600}
            audit.append(connection, Step("", "care-agreed", by, now, why, data))

        await self._act(_stated(plan, by, now), unit)

    def _check_former(self, connection: sqlite3.Connection, plan: CarePlan, now: datetime) -> None:
        """Another person's care ends by their own word alone. Raises Conflict."""
        former = rows.plan(connection, plan.place)
        if former is None or former.person == plan.person or self._has_moved_out(former, now):
            return
        if consents.valid(connection, former.person, KIND) is not None:
            raise Conflict("another person of this home has care: it ends first")

    async def end(self, place: str, by: str) -> None:
        """End care and withdraw the consent; what was learnt is forgotten. Raises NotFound and NotRecorded."""
        plan, now = await self.plan(place), self._now()

        def unit(connection: sqlite3.Connection) -> None:
            rows.delete(connection, place)
            if consents.valid(connection, plan.person, KIND) is not None:
                self._book.withdraw(connection, plan.person, KIND, by)
            audit.append(connection, Step("", "care-ended", by, now, "", {"place": place}))

        await self._act(Action(kind=ENDED, user=by, time=now, place=place), unit)

    async def end_for(self, person: str, by: str) -> bool:
        """End care of this person wherever there is any; whether there was. Raises NotRecorded."""
        places = [plan.place for plan in await self.plans() if plan.person == person]
        for place in places:
            await self.end(place, by)
        return bool(places)

    async def away(self, place: str, until: datetime, by: str, why: str = "") -> None:
        """Nobody is at home until then. Raises NotFound, Refused for a time that is past or too far, NotRecorded."""
        await self.plan(place)
        now = self._now()
        if not now < until <= now + self.settings.longest_away:
            raise Refused("the end must lie ahead, and not too far")

        def unit(connection: sqlite3.Connection) -> None:
            audit.append(connection, Step("", "care-away", by, now, why, {"place": place, "until": until.isoformat()}))

        await self._act(Action(kind=AWAY, user=by, time=now, place=place, data={"until": until.isoformat()}), unit)

    async def back(self, place: str, by: str) -> None:
        """Somebody is at home again. Raises NotFound, NotRecorded."""
        await self._simply(place, BACK, by)

    async def fine(self, place: str, by: str) -> None:
        """The person says that they are fine: a sign of life. Raises NotFound, NotRecorded."""
        await self._simply(place, FINE, by)

    async def run(self) -> None:
        """Until cancelled: end what nobody agrees to any more, and state again what the rule does not know."""
        while True:
            with contextlib.suppress(NotRecorded, NotFound):
                await self.check()
            await asyncio.sleep(CHECK_S)

    async def check(self) -> None:
        """End plans of people who have moved out or withdrawn; state those that the rule does not know."""
        state = self._rule_state()
        if state is None:
            return
        now, places = self._now(), set()
        for plan, agreed in await self._store.read(_with_consents):
            places.add(plan.place)
            if not agreed or self._has_moved_out(plan, now):
                await self.end(plan.place, "")
            elif (known := state.watched.get(plan.place)) is None or known.person != plan.person:
                await self._act(_stated(plan, "", now))
        for place in [place for place in state.watched if place not in places]:
            await self._act(Action(kind=ENDED, user="", time=now, place=place))

    def _has_moved_out(self, plan: CarePlan, now: datetime) -> bool:
        register = self._register()  # an empty one could not be read
        return bool(register.persons) and plan.place not in register.rooms_of(plan.person, now)

    async def _simply(self, place: str, kind: str, by: str) -> None:
        await self.plan(place)
        now = self._now()
        data: Mapping[str, Any] = {"place": place}
        action = Action(kind=kind, user=by, time=now, place=place)
        await self._act(action, lambda connection: audit.append(connection, Step("", STEPS[kind], by, now, "", data)))


def _with_consents(connection: sqlite3.Connection) -> list[tuple[CarePlan, bool]]:
    return [(plan, consents.valid(connection, plan.person, KIND) is not None) for plan in rows.plans(connection)]


def _stated(plan: CarePlan, by: str, at: datetime) -> Action:
    data = plan_data(plan.person, plan.longest, plan.water_m3)
    return Action(kind=AGREED, user=by, time=at, place=plan.place, data=data)
