"""MQTT in other makers' formats: zigbee2mqtt, Tasmota, Shelly, Home Assistant's statestream, any JSON.

The YAML declares what their messages mean; what is usual is in gateway/protocols/mapping/formats.py.
A broker's retained message is a state and never an event: the event may have happened days ago.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

from gateway.driver import Driver, DriverSettings, no_such_command
from gateway.errors import BadInput, CommandFailed, LinkLost
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.topics import matches
from gateway.links.quarantine import LimitedQuarantine, unreadable_notice
from gateway.model import Command, Json, Signal, Words
from gateway.protocols.mapping.formats import FORMATS, Availability
from gateway.protocols.mapping.mqtt_settings import MappedSettings
from gateway.protocols.mapping.paths import read_message
from gateway.protocols.mapping.states import StateTracker, ValueMatch, details

MAX_UNKNOWN_VALUES = 100
"""Distinct values that are reported to the installer; a device that invents more is not reported any further."""


class MqttMapped(Driver):
    """One device whose messages are mapped by its YAML."""

    Settings: ClassVar[type[DriverSettings]] = MappedSettings
    LINK: ClassVar[str] = "mqtt"
    RETRY_WINDOW: ClassVar[timedelta] = timedelta(minutes=10)

    settings: MappedSettings

    @classmethod
    def actions(cls, settings: MappedSettings) -> Mapping[str, frozenset[str]]:
        """See Driver."""
        return {action: frozenset(command.takes) for action, command in settings.commands.items()}

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        settings, form = self.settings, FORMATS[self.settings.format]
        self._events = settings.all_events()
        self._all_states = settings.all_states()
        self._states = StateTracker(self._all_states)
        self._unknown_values: set[tuple[str, str]] = set()
        self._quarantine = LimitedQuarantine(self.emit)
        self._details = {**dict(form.details), **settings.details}
        self._format = form
        self._is_away = False
        self._message_lock = asyncio.Lock()
        self._confirmations: dict[asyncio.Future[None], ValueMatch] = {}

    async def run(self) -> None:
        """See Driver."""
        availability = [self.settings.full_topic(one.topic) for one in self._format.availability]
        await self.link.serve(self.settings.all_topics(), self._on_message, third_party_topics=availability)

    async def perform(self, command: Command) -> Json | None:
        """Send the command and wait until the device's report confirms it; raises CommandFailed."""
        mapped = self.settings.commands.get(command.action)
        if mapped is None:
            raise no_such_command(self.device.id, command.action)
        payload, limit = mapped.render(command.arguments, self.settings.base), command.limit.total_seconds()
        with self._confirmation(mapped.confirm) as confirmed:
            try:
                async with asyncio.timeout(limit):
                    await self.link.publish(self.settings.full_topic(mapped.topic), payload, life=limit)
                    await confirmed
            except TimeoutError:
                en = f"device {self.device.id} did not confirm {command.action} within {limit:g} s"
                raise CommandFailed(Words("设备未确认", en)) from None
            except LinkLost as error:
                en = f"device {self.device.id}, command {command.action}: {error}"
                raise CommandFailed(Words(Words.of(error.why).zh, en)) from error
        return None

    async def _on_message(self, message: MqttMessage) -> str | None:
        commands = self.settings.commands.values()
        if any(message.topic == self.settings.full_topic(command.topic) for command in commands):
            return None  # our own command, which a broker sends to all subscribers
        try:
            content = _read(message)
        except BadInput as error:
            cause = Words.of(error.why)
            why = Words(f"{message.topic}：{cause.zh}", f"{message.topic}: {cause.en}")
            await self.emit.quarantine(why, error.data)
            if not message.retained:
                self.emit.refused(None, unreadable_notice(cause))
            return str(why)
        # One message at a time: two that report the same state at once would both find it unchanged.
        async with self._message_lock:
            await self._handle(message, content)
        return None

    async def _handle(self, message: MqttMessage, content: Any) -> None:
        ways = [one for one in self._format.availability if self.settings.full_topic(one.topic) == message.topic]
        if await self._handle_availability(ways, content):
            return
        if not message.retained:  # a live message of its own: it is back, whatever its availability says
            self._is_away = False
        content = self._format.read(message.topic, self.settings.base, content)
        if content is None:
            return
        if ways:
            self.emit.heard()  # statestream has the state and the availability on one topic: a state means online
        more, topics = details(content, self._details), self._topics_matching(message.topic)
        await self._report_unknown_values(message, content, topics)
        for change in self._states.changes(content, topics):
            data = {**more, **change.data}
            signal = Signal(device=self.device.id, kind=change.kind, data=data, fresh=not message.redelivered)
            await self.emit(signal, remembered=message.retained)
            self._states.commit(change)
        if not message.retained:  # a retained state is older than the command, and confirms nothing
            self._confirm(topics, content)
            await self._emit_events(message, content, topics, more)

    async def _report_unknown_values(self, message: MqttMessage, content: Any, topics: Collection[str]) -> None:
        """A value that neither begins nor ends a state changes nothing; the installer is told once of each."""
        for state in self._all_states:
            value = state.unknown_value(content) if state.applies_to(topics) else None
            known = (state.of, value) in self._unknown_values
            if value is None or known or len(self._unknown_values) >= MAX_UNKNOWN_VALUES:
                continue
            self._unknown_values.add((state.of, value))
            zh = f"{message.topic}：{state.of} 为 {value}，含义不明，状态不变；可在 states 中用 is 或 not 说明"
            en = f"{message.topic}: {state.of} is {value}, which changes nothing; name it under is or not of its state"
            await self._quarantine.put(Words(zh, en), message.payload)

    async def _emit_events(self, message: MqttMessage, content: Any, topics: Collection[str], more: Json) -> None:
        for number, event in enumerate(self._events):
            if event.applies_to(topics) and event.fits(content):
                # Several events of one message need ids of their own, or the second would pass for a repeat.
                source = None if message.packet_id is None else f"{message.client}/{message.packet_id}/{number}"
                fresh = not message.redelivered
                signal = Signal(device=self.device.id, kind=event.kind, data=more, source_id=source, fresh=fresh)
                await self.emit(signal)

    async def _handle_availability(self, ways: list[Availability], content: Any) -> bool:
        """Whether the message was about availability.

        The driver reports offline once; online goes to the supervisor, which reports that the device is back.
        """
        for way in ways:
            if way.offline.fits(content):
                if not self._is_away and self.settings.availability:
                    await self.emit(Signal(device=self.device.id, kind="device.offline"))
                self._is_away = True
                return True
            if way.online.fits(content):
                self._is_away = False
                self.emit.heard()
                return True
        return False

    def _topics_matching(self, topic: str) -> set[str]:
        """The topics, as the YAML writes them, that match `topic` and to which a rule is bound."""
        rules = (*self.settings.all_states(), *self._events, *self._confirmations.values())
        bound = {rule.topic for rule in rules if rule.topic}
        return {each for each in bound if matches(self.settings.full_topic(each), topic)}

    @contextmanager
    def _confirmation(self, match: ValueMatch) -> Iterator[asyncio.Future[None]]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._confirmations[future] = match
        try:
            yield future
        finally:
            del self._confirmations[future]

    def _confirm(self, topics: Collection[str], content: Any) -> None:
        for future, match in self._confirmations.items():
            if match.applies_to(topics) and not future.done() and match.fits(content):
                future.set_result(None)


def _read(message: MqttMessage) -> Any:
    """JSON or text. Raises BadInput also for broken JSON: cut short by a small buffer, it may have been an alarm."""
    content = read_message(message.payload)
    if isinstance(content, str) and content.startswith(("{", "[")):
        raise BadInput(Words("JSON 有错误", "broken JSON"), message.payload)
    return content


DRIVER = MqttMapped
