"""MQTT in other people's formats: zigbee2mqtt, Tasmota, Shelly, Home Assistant's statestream, any JSON.

What their messages mean stands in the YAML (and, for what is usual, in gateway/links/mapping/formats.py).
What a broker says from memory is a state and never an event: it may have happened days ago.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from gateway.driver import Driver, DriverSettings, no_such_command
from gateway.errors import BadInput, CommandFailed, LinkLost
from gateway.links.mqtt.message import Message
from gateway.links.mqtt.topics import covers, is_topic, matches
from gateway.links.rate_limit import QuarantineLimit, kept_aside
from gateway.model import Command, Json, Signal, Words
from gateway.protocols.mapping.formats import FORMATS, Availability
from gateway.protocols.mapping.orders import Order, Topic
from gateway.protocols.mapping.paths import Path, message_of
from gateway.protocols.mapping.readings import Event, Known, Match, State, details
from gateway.settings.mend import Wrong

MOST_UNCLEAR = 100
"""Values that are told to the installer; a device that makes up new ones is told of no longer."""


class MappedSettings(DriverSettings):
    format: Annotated[
        Literal["zigbee2mqtt", "tasmota", "shelly", "shelly_gen1", "ha_statestream", "json"],
        Field(description="whose format it is; shelly is its second generation and later"),
    ] = "json"
    base: Annotated[Topic, Field(description="the device's own topic, such as zigbee2mqtt/front_door")]
    via: Annotated[Literal["endpoint", "broker"], Field(description="which door it comes in by")] = "broker"
    account: Annotated[str, Field(description="its account at the endpoint, or its bridge's")] = ""
    topics: Annotated[tuple[Topic, ...], Field(description="to listen to besides the format's; {base} is its own")] = ()
    usual: Annotated[bool, Field(description="whether what the format usually reports is told as well")] = True
    availability: Annotated[
        bool, Field(description="false: it sleeps between reports, and being away is no news; cadence watches it")
    ] = True
    states: Annotated[tuple[State, ...], Field(description="what lasts, told when it changes")] = ()
    events: Annotated[tuple[Event, ...], Field(description="what happens")] = ()
    details: Annotated[Mapping[str, Path], Field(description="values that go along with every signal")] = {}
    commands: Mapping[str, Order] = {}

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.via == "endpoint" and not self.account:
            raise Wrong("no account", "name one of compound.yaml's mqtt.accounts, or say via: broker", ("account",))
        if not (self.all_states() or self.all_events()):
            raise Wrong("nothing is told of this device", "add states or events", ("states",))
        return self

    def hints(self) -> Iterable[tuple[str, str, tuple[str | int, ...]]]:
        if not is_topic(self.base):
            what = f"base {self.base!r} has a wildcard: every device below it would count as this one"
            yield what, "write one device's own topic, and an entry for each device", ("base",)

    def all_states(self) -> tuple[State, ...]:
        """The YAML's, then the format's of values that the YAML does not speak of."""
        own = {state.of for state in self.states}
        usual = FORMATS[self.format].states if self.usual else ()
        return (*self.states, *(state for state in usual if state.of not in own))

    def all_events(self) -> tuple[Event, ...]:
        """The YAML's, then the format's, without the values that the YAML speaks of."""
        usual = FORMATS[self.format].events if self.usual else ()
        return (*self.events, *(left for event in usual if (left := event.besides(self.events))))

    def all_topics(self) -> list[str]:
        """What it says; at the endpoint, which must know whose they are, what it is told as well."""
        known, orders = FORMATS[self.format], self.commands.values()
        said = [*known.topics, *(one.topic for one in known.availability), *self.topics]
        said += [one.topic for one in (*self.states, *self.events, *(order.confirm for order in orders)) if one.topic]
        if self.via == "endpoint":
            said += [order.topic for order in orders]
        named = list(dict.fromkeys(self.named(topic) for topic in said))
        return [topic for topic in named if not any(covers(wide, topic) for wide in named if wide != topic)]

    def named(self, topic: str) -> str:
        return topic.replace("{base}", self.base)


class MqttMapped(Driver):
    Settings: ClassVar[type[DriverSettings]] = MappedSettings
    LINK: ClassVar[str] = "mqtt"
    RETRY_WINDOW: ClassVar[timedelta] = timedelta(minutes=10)

    settings: MappedSettings

    @classmethod
    def actions(cls, settings: MappedSettings) -> Mapping[str, frozenset[str]]:
        return {action: frozenset(order.takes) for action, order in settings.commands.items()}

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        settings, known = self.settings, FORMATS[self.settings.format]
        self._events = settings.all_events()
        self._all_states = settings.all_states()
        self._states = Known(self._all_states)
        self._unclear: set[tuple[str, str]] = set()
        self._aside = QuarantineLimit(self.emit)
        self._details = {**dict(known.details), **settings.details}
        self._format = known
        self._is_away = False
        self._in_turn = asyncio.Lock()
        self._waiting: dict[asyncio.Future[None], Match] = {}

    async def run(self) -> None:
        away = [self.settings.named(one.topic) for one in self._format.availability]
        await self.link.serve(self.settings.all_topics(), self._heard, others_say=away)

    async def perform(self, command: Command) -> Json | None:
        """Sent, and confirmed by what the device reports; raises CommandFailed."""
        order = self.settings.commands.get(command.action)
        if order is None:
            raise no_such_command(self.device.id, command.action)
        payload, limit = order.filled(command.arguments, self.settings.base), command.limit.total_seconds()
        with self._confirmed(order.confirm) as confirmed:
            try:
                async with asyncio.timeout(limit):
                    await self.link.publish(self.settings.named(order.topic), payload, life=limit)
                    await confirmed
            except TimeoutError:
                en = f"device {self.device.id} did not confirm {command.action} within {limit:g} s"
                raise CommandFailed(Words("设备未确认", en)) from None
            except LinkLost as error:
                en = f"device {self.device.id}, command {command.action}: {error}"
                raise CommandFailed(Words(Words.of(error.why).zh, en)) from error
        return None

    async def _heard(self, message: Message) -> str | None:
        if any(message.topic == self.settings.named(order.topic) for order in self.settings.commands.values()):
            return None  # our own command, which a broker says to all who listen
        try:
            said = _read(message)
        except BadInput as error:
            said = Words.of(error.why)
            why = Words(f"{message.topic}：{said.zh}", f"{message.topic}: {said.en}")
            await self.emit.quarantine(why, error.data)
            if not message.retained:
                self.emit.refused(None, kept_aside(said))
            return str(why)
        async with self._in_turn:
            await self._take(message, said)
        return None

    async def _take(self, message: Message, said: Any) -> None:
        ways = [one for one in self._format.availability if self.settings.named(one.topic) == message.topic]
        if await self._take_availability(ways, said):
            return
        if not message.retained:
            self._is_away = False
        said = self._format.read(message.topic, self.settings.base, said)
        if said is None:
            return
        if ways:
            self.emit.heard()  # statestream says on one topic how it is and, by that, that it is there
        more, scopes = details(said, self._details), self._scopes(message.topic)
        await self._note_unclear(message, said, scopes)
        for news in self._states.news(said, scopes):
            data = {**more, **news.data}
            signal = Signal(device=self.device.id, kind=news.kind, data=data, fresh=not message.redelivered)
            await self.emit(signal, remembered=message.retained)
            self._states.keep(news)
        if not message.retained:
            self._confirm(scopes, said)
            await self._take_events(message, said, scopes, more)

    async def _note_unclear(self, message: Message, said: Any, scopes: Collection[str]) -> None:
        """A value that neither begins nor ends a state changes nothing; the installer is told once of each."""
        for state in self._all_states:
            value = state.unclear(said) if state.is_about(scopes) else None
            if value is None or (state.of, value) in self._unclear or len(self._unclear) >= MOST_UNCLEAR:
                continue
            self._unclear.add((state.of, value))
            zh = f"{message.topic}：{state.of} 为 {value}，含义不明，状态不变；可在 states 中用 is 或 not 说明"
            en = f"{message.topic}: {state.of} is {value}, which changes nothing; name it under is or not of its state"
            await self._aside.put(Words(zh, en), message.payload)

    async def _take_events(self, message: Message, said: Any, scopes: Collection[str], more: Json) -> None:
        for number, event in enumerate(self._events):
            if event.is_about(scopes) and event.fits(said):
                source = None if message.packet_id is None else f"{message.client}/{message.packet_id}/{number}"
                fresh = not message.redelivered
                signal = Signal(device=self.device.id, kind=event.kind, data=more, source_id=source, fresh=fresh)
                await self.emit(signal)

    async def _take_availability(self, ways: list[Availability], said: Any) -> bool:
        """Whether it was about that. Being gone is said once; being back is told to the supervisor, who says it."""
        for way in ways:
            if way.offline.fits(said):
                if not self._is_away and self.settings.availability:
                    await self.emit(Signal(device=self.device.id, kind="device.offline"))
                self._is_away = True
                return True
            if way.online.fits(said):
                self._is_away = False
                self.emit.heard()
                return True
        return False

    def _scopes(self, topic: str) -> set[str]:
        """The topics, as the YAML writes them, that a state, event or confirmation may be bound to."""
        rules = (*self.settings.all_states(), *self._events, *self._waiting.values())
        bound = {rule.topic for rule in rules if rule.topic}
        return {each for each in bound if matches(self.settings.named(each), topic)}

    @contextmanager
    def _confirmed(self, by: Match) -> Any:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = by
        try:
            yield future
        finally:
            del self._waiting[future]

    def _confirm(self, scopes: Collection[str], said: Any) -> None:
        for future, by in self._waiting.items():
            if by.is_about(scopes) and not future.done() and by.fits(said):
                future.set_result(None)


def _read(message: Message) -> Any:
    """Raises BadInput, also for JSON that is none: cut short, it may have been an alarm."""
    said = message_of(message.payload)
    if isinstance(said, str) and said.startswith(("{", "[")):
        raise BadInput(Words("JSON 有错误", "broken JSON"), message.payload)
    return said


DRIVER = MqttMapped
