"""What others ask of the homes: how a home is armed, and to arm or disarm it.

The rule alone decides. A request is an entry of the journal; the answer is read from the rule's state once it has been
fed that entry, so that a replay answers the same.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from gateway.config.residents import HomeSection
from gateway.errors import Conflict, NotFound, NotRecorded, Refused
from gateway.homes import rows
from gateway.homes.codes import CodeMatch, HomeCodes, WrongCode
from gateway.homes.rule import ARM, BYPASS, DISARM
from gateway.homes.state import Answer, Area, ArmedState, HomesState
from gateway.limits import RateLimit
from gateway.model import Action, Json, Register, Signal, Step, Words, new_id
from gateway.store import Store, audit
from gateway.store.vault import VaultError

PATIENCE_S, LOOK_S = 5.0, 0.005
"""How long to wait for the rule's answer, and between two looks."""
ASKS, ASKS_WITHIN = 20, timedelta(minutes=10)
"""Requests of one person or keypad for one home."""
KINDS = {"arm": ARM, "disarm": DISARM, "bypass": BYPASS}
STEPS = {"arm": "area-arm", "disarm": "area-disarm", "bypass": "area-bypass"}


class Act(Protocol):
    """`Intake.act`."""

    def __call__(self, action: Action, unit: Callable[[sqlite3.Connection], object] | None = None) -> Awaitable[int]:
        """Commit what a person did, together with `unit`."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants a home armed, disarmed, or zones left out.

    `what`: arm, disarm or bypass; `by` as in Area; `user` for the journal and the audit; `reason` of a guard.
    """

    what: str
    place: str
    by: str
    user: str
    person: str = ""
    mode: str = "away"
    bypass: Sequence[str] = ()
    reason: str = ""
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class AreaAnswer:
    """What became of a request: accepted, or the reason and the zones in the way."""

    accepted: bool
    why: Words = field(default_factory=lambda: Words("", ""))
    zones: Sequence[str] = ()


class HomeAreas:
    """`rule_state` gives the rule's state and the number of the last entry that it was fed."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        act: Act,
        emit: Callable[[Signal], Awaitable[int]],
        rule_state: Callable[[], tuple[HomesState | None, int]],
        homes: Callable[[], Sequence[HomeSection]],
        register: Callable[[], Register],
    ) -> None:
        self.codes = HomeCodes(store, self.may_use)
        self._store = store
        self._now = now
        self._act = act
        self._emit = emit
        self._rule_state = rule_state
        self._homes = homes
        self._register = register
        self._asks = RateLimit(ASKS, ASKS_WITHIN)

    def home(self, place: str) -> HomeSection | None:
        """The home's settings."""
        return next((home for home in self._homes() if home.place == place), None)

    def homes(self) -> Sequence[HomeSection]:
        """All homes of residents.yaml."""
        return self._homes()

    def area(self, place: str) -> Area:
        """The home's area as the rule knows it. Read it and change nothing."""
        state = self._rule_state()[0]
        found = state.areas.get(place) if state is not None else None
        return found or Area()

    def state(self, place: str) -> ArmedState:
        """How the home is armed; unknown for a place that is no home of residents.yaml."""
        return self.area(place).armed_state if self.home(place) is not None else ArmedState.UNKNOWN

    def may_use(self, person: str, place: str, at: datetime) -> bool:
        """Whether the person belongs to the home at this time, in a part that may arm it."""
        home, register = self.home(place), self._register()
        if home is None or place not in register.rooms_of(person, at):
            return False
        resident = register.persons.get(person)
        roles = (
            {one.role for one in resident.memberships if one.place == place and one.is_valid(at)} if resident else ()
        )
        return any(role in home.may for role in roles)

    def may_arm_now(self, person: str, place: str) -> bool:
        """Whether the person may arm the home now."""
        return self.may_use(person, place, self._now())

    async def ask(self, ask: Ask) -> AreaAnswer:
        """Put the request on record, and wait for the rule's answer.

        Raises NotFound for a place that is no home, TooMany, and NotRecorded also when the rule does not answer.
        """
        if self.home(ask.place) is None:
            raise NotFound(f"{ask.place} has no alarm of its own")
        if ask.by != "schedule":
            self._asks.take((ask.place, ask.user))
        number = await self._act(_action(ask, self._now()), lambda connection: _record(connection, ask, self._now()))
        return await self._answer(ask.place, number)

    async def check_code(self, place: str, code: str, user: str, source: str, device: str = "") -> CodeMatch:
        """Whose code it is. A wrong one is on record, and is an alert when it happens too often.

        For a code of duress the guard is alerted silently before anything else happens; the caller goes on as for
        the normal one, and tells nobody. Raises WrongCode, TooMany, VaultError, NotRecorded.
        """
        try:
            match = await self.codes.match(place, code, self._now(), source)
        except WrongCode:
            await self._refused(place, user, device)
            raise
        except VaultError as error:
            raise NotRecorded("codes can't be checked without the data key") from error
        if match.duress:
            await self._emit(self._duress(place, match.person, device))
        return match

    async def set_codes(
        self, place: str, person: str, user: str, code: str, duress: str | None, old: str | None = None
    ) -> None:
        """Set the person's codes for this home; who has one gives the `old` one, or a stolen phone would do.

        Raises Refused, WrongCode, TooMany, NotRecorded.
        """
        self.codes.check_new(code, duress)
        self._asks.take((place, user), 4)
        if await self.codes.has_code(place, person):
            match = await self.check_code(place, old or "", user, f"phone:{user}")
            if match.person != person:
                raise WrongCode("this is another person's code")
        at = self._now()

        def unit(connection: sqlite3.Connection) -> None:
            self.codes.set_codes(connection, place, person, code, duress, at)
            audit.append(connection, Step("", "area-codes", user, at, "", {"place": place, "person": person}))

        try:
            await self._store.write(unit)
        except Conflict as error:
            raise Refused(str(error)) from error

    async def reset_codes(self, place: str, person: str, user: str, reason: str) -> None:
        """Delete the codes of a person who has forgotten them. Raises NotRecorded."""
        at = self._now()

        def unit(connection: sqlite3.Connection) -> None:
            rows.delete_codes(connection, place, person)
            step = Step("", "area-codes-reset", user, at, reason, {"place": place, "person": person})
            audit.append(connection, step)

        await self._store.write(unit)

    async def _answer(self, place: str, number: int) -> AreaAnswer:
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE_S
        while loop.time() < end:
            state, fed = self._rule_state()
            if state is not None and fed >= number:
                return _made(next((one for one in self.area(place).answers if one.number == number), None))
            await asyncio.sleep(LOOK_S)
        raise NotRecorded("the request is on record, and not decided yet")

    async def _refused(self, place: str, user: str, device: str) -> None:
        at = self._now()
        step = Step("", "area-wrong-code", user, at, "", {"place": place})
        await self._store.write(lambda connection: audit.append(connection, step))
        source = device or self._main_device(place)
        data: Json = {"credential": "pin", "code": "wrong_pin", "place": place}
        await self._emit(Signal(device=source, kind="access.denied", source_id=new_id("w"), data=data, fresh=True))

    def _duress(self, place: str, person: str, device: str) -> Signal:
        source = device or self._main_device(place)
        data: Json = {"place": place, "person": person}
        return Signal(device=source, kind="duress.entered", source_id=new_id("w"), data=data, fresh=True)

    def _main_device(self, place: str) -> str:
        """The device that stands for the home, so that an alert has its place."""
        home = self.home(place)
        if home is None:
            raise NotFound(f"{place} has no alarm of its own")
        return home.panel or (home.zones[0].device if home.zones else "")


def _action(ask: Ask, at: datetime) -> Action:
    data: Json = {
        "by": ask.by,
        "mode": ask.mode if ask.what == "arm" else "disarm",
        "bypass": list(ask.bypass),
        **({"person": ask.person} if ask.person else {}),
        **({"due": ask.due.isoformat()} if ask.due else {}),
    }
    return Action(kind=KINDS[ask.what], user=ask.user, time=at, place=ask.place, data=data)


def _record(connection: sqlite3.Connection, ask: Ask, at: datetime) -> None:
    data = {"place": ask.place, "mode": ask.mode, "by": ask.by, "bypass": list(ask.bypass)}
    audit.append(connection, Step("", STEPS[ask.what], ask.user, at, ask.reason, data))


def _made(answer: Answer | None) -> AreaAnswer:
    if answer is None:
        return AreaAnswer(False, Words("没有执行，请再试一次", "not done, try again"))
    return AreaAnswer(answer.accepted, Words(answer.zh, answer.en), tuple(answer.zones))
