"""What is around the rule: the schedule, keypads and cards, what households are told. Real store and rule engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.access.repeats import Repeats
from gateway.config.residents import HomeSection
from gateway.flow.checkpoint import OnRecord
from gateway.flow.codes import without_code
from gateway.flow.rule_engine import NewRules, RuleEngine
from gateway.homes import NAME, Ask, HomeAreas, HomesRule
from gateway.homes.keypads import ArmingInput
from gateway.homes.schedule import ArmingSchedule, due_lines
from gateway.homes.telling import HouseholdTeller, Outlets
from gateway.model import Action, Membership, Person, Register, Resident, Signal, Words
from gateway.notify.message import Message
from gateway.people.register_writer import ChangedBy, MembershipData, PersonData, RegisterWriter
from gateway.store import Store
from gateway.testing.rules import COMPOUND
from tests.homes.homes import ROOM, home

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)  # a Monday


@dataclass
class World:
    store: Store
    person: str = "p1"
    now: datetime = NOON
    homes: tuple[HomeSection, ...] = ()
    rules: RuleEngine = field(default_factory=RuleEngine)
    number: int = 0
    emitted: list[Signal] = field(default_factory=list)
    told: list[tuple[str, str, str]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def use(self, *homes: HomeSection) -> World:
        self.homes = homes
        self.rules.switch(NewRules([(HomesRule(homes, COMPOUND), NAME)]), {}, OnRecord())
        return self

    async def act(self, action: Action, unit=None) -> int:
        if unit is not None:
            await self.store.write(unit)
        self.number += 1
        self.rules.feed(replace(action, number=self.number))
        return self.number

    async def emit(self, signal: Signal) -> int:
        self.emitted.append(signal)
        return 1

    async def tell(self, place: str, words: Words, kind: str, about: str = "") -> None:
        self.told.append((place, words.zh, about))

    def hear(self, device: str, kind: str = "zone.alarm", **data) -> None:
        self.number += 1
        self.rules.feed(Signal(device=device, kind=kind, data=data, received=self.now, number=self.number))

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for wake in self.rules.take_due(self.now):
            self.number += 1
            self.rules.feed(replace(wake, number=self.number))

    @property
    def areas(self) -> HomeAreas:
        resident = Resident(
            Person(self.person, "x"), ROOM, memberships=(Membership("m", self.person, ROOM, "owner", NOON),)
        )
        return HomeAreas(
            self.store,
            lambda: self.now,
            self.act,
            self.emit,
            lambda: self.rules.state_of(NAME),
            lambda: self.homes,
            lambda: Register({self.person: resident}),
        )

    @property
    def area(self):
        return self.areas.area(ROOM)

    def teller(self) -> HouseholdTeller:
        outlets = Outlets(
            emit=self.emit,
            tell=self.tell,
            enqueue=lambda _connection, messages: self.messages.extend(messages),
            place_name=lambda path: Words(path, path),
        )
        return HouseholdTeller(self.store, self.areas, outlets, "anju")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Store.open(tmp_path) as store:
        yield World(store)


async def test_the_clock_arms_and_disarms_once_and_late_by_ten_minutes_at_most(world):
    lines = [{"at": "12:00", "mode": "night"}, {"at": "12:30", "mode": "disarm", "days": ["mon"]}]
    world.use(home(schedule=lines))
    world.now = NOON + timedelta(minutes=9)
    for _ in range(3):  # as after restarts
        await ArmingSchedule(world.areas, lambda: world.now, lambda: ZONE).check()
    assert (world.area.phase, world.area.mode, world.area.by) == ("armed", "night", "schedule")
    assert world.number == 1
    world.now = NOON + timedelta(minutes=31)
    await ArmingSchedule(world.areas, lambda: world.now, lambda: ZONE).check()
    assert world.area.phase == "disarmed"
    world.now += timedelta(days=1)
    await ArmingSchedule(world.areas, lambda: world.now, lambda: ZONE).check()
    assert world.number == 2, "of Tuesday nothing is due for ten minutes"


def test_lines_are_by_local_time_and_day():
    section = home(schedule=[{"at": "00:05", "mode": "night", "days": ["tue"]}])
    just_after = datetime(2026, 11, 2, 16, 6, tzinfo=UTC)  # Tuesday 00:06 in Shanghai
    assert [due for due, _ in due_lines(section, ZONE, just_after - timedelta(minutes=10), just_after)] == [
        datetime(2026, 11, 2, 16, 5, tzinfo=UTC)
    ]


async def entered(world: World, arming: ArmingInput, code: object, device: str = "keypad", **data) -> Signal:
    kept = without_code(Signal(device=device, kind="pin.entered", data={"code": code, **data}))
    arming.heard(kept)
    while arming._waiting:
        await arming._handle(arming._waiting.popleft())
    return kept


async def coded(world: World) -> ArmingInput:
    """With a resident who has a code and one for duress."""
    world.use(home(keypads=["keypad"], readers=["reader"], exit_delay="0s"))

    def unit(connection) -> str:
        writer = RegisterWriter(connection, world.store.vault, NOON, ChangedBy("t", "t"))
        person = writer.put_person(PersonData("王"))
        writer.put_membership(MembershipData(person, ROOM, "owner", NOON))
        return person

    world.person = await world.store.write(unit)
    await world.areas.set_codes(ROOM, world.person, "u", "2580", "2581")
    cards = {"42": (world.person, ROOM), "43": ("stranger", "b1/u1/101"), "44": ("", ROOM)}
    repeats = Repeats()
    return ArmingInput(
        world.areas,
        lambda data: cards.get(str(data.get("card"))),
        lambda signal: repeats.is_repeated(signal, world.now),
    )


async def test_a_code_at_the_keypad_arms_and_disarms_and_is_in_no_signal(world):
    arming = await coded(world)
    kept = await entered(world, arming, "2580", mode="night")
    assert kept.data == {"digits": 4, "mode": "night"}
    assert (world.area.phase, world.area.mode, world.area.by) == ("armed", "night", "keypad")
    await entered(world, arming, "9999")
    assert world.area.phase == "armed"
    await entered(world, arming, 2580)  # a keypad that sends a number
    assert (world.area.phase, world.area.person) == ("disarmed", world.person)


async def test_a_keypad_of_no_home_has_its_code_taken_too(world):
    arming = await coded(world)
    kept = await entered(world, arming, "2580", device="elsewhere")
    assert kept.data == {"digits": 4}
    assert world.area.phase == "unknown"


async def test_a_reader_whose_code_is_no_part_of_its_data_disarms_too(world):
    """As OSDP readers tell it."""
    arming = await coded(world)
    await entered(world, arming, "2580", mode="away")
    signal = Signal(device="keypad", kind="pin.entered", data={"digits": 4}, secret="2580", fresh=True)
    arming.heard(signal)  # not on record yet: the disk hangs
    arming.heard(replace(signal, number=9, received=world.now))
    assert len(arming._waiting) == 1, "one entry, however often it is told"
    await arming._handle(arming._waiting.popleft())
    assert world.area.phase == "disarmed"
    assert "2580" not in repr(arming._waiting)


async def test_duress_at_the_keypad_disarms_and_is_silent(world):
    arming = await coded(world)
    await entered(world, arming, "2580")
    await entered(world, arming, "2581")
    assert world.area.phase == "disarmed"
    assert [(signal.kind, signal.device) for signal in world.emitted] == [("duress.entered", "keypad")]


async def test_a_card_of_the_household_arms_and_a_strangers_does_not(world):
    arming = await coded(world)
    for card, phase in (("43", "unknown"), ("99", "unknown"), ("42", "armed"), ("44", "disarmed")):
        arming.heard(Signal(device="reader", kind="credential.presented", data={"card": card}))
        while arming._waiting:
            await arming._handle(arming._waiting.popleft())
        assert world.area.phase == phase, card


async def test_a_flood_of_codes_does_not_fill_the_memory(world):
    arming = await coded(world)
    for number in range(1000):
        arming.heard(Signal(device="keypad", kind="pin.entered", secret=f"{number:04}"))
    assert len(arming._waiting) == 100


async def test_the_household_is_told_once_and_the_journal_has_a_signal(world):
    world.use(home(exit_delay="0s", notify=["sms"]))
    teller = world.teller()
    await world.areas.ask(_ask("disarm", "guard"))
    await world.areas.ask(_ask("arm", "phone", "night"))
    world.hear("home-window")
    await teller.check()
    assert [(place, words) for place, words, _ in world.told] == [
        (ROOM, "已撤防（门卫）"),
        (ROOM, "家中报警：卧室窗。门卫已收到。如是误报，请凭密码告知。"),
    ]
    assert [(signal.kind, signal.data) for signal in world.emitted] == [
        ("area.disarmed", {"place": ROOM, "by": "guard"}),
        ("area.armed", {"place": ROOM, "by": "phone", "mode": "night"}),
    ]
    [message] = world.messages
    assert (message.notifier, message.id, message.personal["reason"].zh[:5]) == ("sms", f"home/{ROOM}/3", "家中报警：")
    assert "卧室窗" not in message.text.zh, "what may leave the compound is the notifier's setting"
    await teller.check()
    await world.teller().check()  # after a restart
    assert (len(world.told), len(world.emitted), len(world.messages)) == (2, 2, 1)


async def test_a_door_left_open_is_told(world):
    world.use(home())
    await world.areas.ask(_ask("disarm", "phone"))
    await world.areas.ask(_ask("arm", "phone"))
    world.hear("home", zone=1)
    world.pass_time(61)
    await world.teller().check()
    assert [words for _, words, _ in world.told] == ["没有布防：入户门 还开着"]


def _ask(what: str, by: str, mode: str = "away"):
    return Ask(what, ROOM, by, "u", mode=mode)
