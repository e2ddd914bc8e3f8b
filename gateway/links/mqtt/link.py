"""What a driver holds of MQTT, whichever door it comes in by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import NoReturn, Protocol

from gateway.errors import AnjuError
from gateway.links.capture import Capture
from gateway.links.mqtt.delivery import Delivery, PendingDeliveries
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.reasons import Reason
from gateway.model import Words

OnMessage = Callable[[MqttMessage], Awaitable[str | None]]
"""Returns what was wrong with the message, if it could not be used and was put aside; MQTT 5 tells the device."""


class MqttLink(Protocol):
    """Both doors give one of these to a driver."""

    async def serve(self, topics: Sequence[str], handle: OnMessage, *, others_say: Collection[str] = ()) -> None:
        """Claim `topics` (filters) and have `handle` called for their messages, until cancelled.

        On `others_say` (topic names) a bridge or a last will may speak of the device: what comes there is no sign
        that it lives, unless the driver says so.

        Messages come in order of arrival, each without waiting for the one before; a message is
        acknowledged, in order of arrival, once its `handle` has returned. When it raises an AnjuError
        (NotRecorded) the message is not acknowledged and will come again; any other exception ends
        `serve` with it. Raises LinkLost when the line is lost or a topic is another device's.
        """
        ...

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False, life: float | None = None) -> None:
        """Say it to the device with QoS 1; raises LinkLost when nobody hears it.

        After `life` seconds it is no longer worth saying: it is not sent again, nor late.
        """
        ...


class ClaimRegistry(Protocol):
    """Who claims what; `router.Router` is it."""

    def attach(self, link: RoutedLink, topics: Sequence[str]) -> None: ...


class RoutedLink:
    """The half of a link that both doors share: claims, and messages into a driver's hands.

    The app may set `on_heard`, called for anything the device sends that could be used (not for what others say of
    it, nor for what a broker says from memory), `on_returned`, called when a line that devices share stands again,
    `on_silent`, awaited when the device's last will came due, and `on_refused`, called with why it is turned away.
    """

    def __init__(self, device: str, account: str, directory: ClaimRegistry, waiting: PendingDeliveries) -> None:
        self.device = device
        self.account = account
        self.on_heard: Callable[[], None] | None = None
        self.on_returned: Callable[[], None] | None = None
        self.on_silent: Callable[[], Awaitable[None]] | None = None
        self.on_refused: Callable[[None, Words], None] | None = None
        self.is_refused = self.was_heard = False
        self.has_served = False
        self.capture = Capture()
        self._directory = directory
        self._waiting = waiting
        self._start: Callable[[Delivery], None] | None = None
        self._others_say: frozenset[str] = frozenset()

    async def serve(self, topics: Sequence[str], handle: OnMessage, *, others_say: Collection[str] = ()) -> None:
        """See MqttLink. What is unfinished when it ends waits for the next `serve`."""
        self._others_say = frozenset(others_say)
        try:
            async with asyncio.TaskGroup() as group:
                await self._hand_on(topics, handle, group)
        except ExceptionGroup as several:
            raise several.exceptions[0] from several

    async def _hand_on(self, topics: Sequence[str], handle: OnMessage, group: asyncio.TaskGroup) -> None:
        self._start = lambda delivery: self._begin(group, handle, delivery)
        self.has_served = True
        try:
            self._directory.attach(self, topics)
            for delivery in self._waiting.leave():
                self._start(delivery)
            await self._stay(topics)
        finally:
            self._start = None

    def take(self, delivery: Delivery) -> None:
        """Hand it to the driver, or let it wait for one."""
        self.capture.put("in", delivery.message.payload, delivery.message.topic)
        if self._start is None:
            self._hear(delivery.message)
            self._waiting.hold(delivery)
        else:
            self._start(delivery)

    def refuse(self, why: Words) -> None:
        """What the device says is not taken; that it pings or signs in is then no sign that it is well."""
        self.is_refused = True
        if self.on_refused is not None:
            self.on_refused(None, why)

    def alive(self) -> None:
        """It pings, or signed in."""
        if self.on_heard is not None and not self.is_refused:
            self.on_heard()

    def _hear(self, message: MqttMessage) -> None:
        if self._is_its_own(message):
            self.is_refused, self.was_heard = False, True
            self.alive()

    def _is_its_own(self, message: MqttMessage) -> bool:
        """Whether the device itself said it just now."""
        return not message.retained and message.topic not in self._others_say

    def leave(self) -> list[Delivery]:
        """What waits for its driver, in order of arrival; it waits here no more."""
        return self._waiting.leave()

    def _begin(self, group: asyncio.TaskGroup, handle: OnMessage, delivery: Delivery) -> None:
        task = group.create_task(_handle(handle, delivery, self._hear))
        task.add_done_callback(lambda _: self._ended(delivery))

    def _ended(self, delivery: Delivery) -> None:
        """Handling has ended; without a settlement only because the driver went away."""
        if not delivery.is_settled:
            delivery.was_begun()
            self._waiting.hold(delivery)

    async def _stay(self, _topics: Sequence[str]) -> NoReturn:
        """What keeps `serve` going; the broker's link adds its subscription and the line's end."""
        await asyncio.Event().wait()
        raise AssertionError("nobody sets this event")


async def _handle(handle: OnMessage, delivery: Delivery, hear: Callable[[MqttMessage], None]) -> None:
    try:
        wrong = await handle(delivery.message)
    except AnjuError as error:
        hear(delivery.message)
        delivery.settle(kept=False, why=str(error))
    else:
        if not wrong:
            hear(delivery.message)
        delivery.settle(kept=True, why=wrong or "", reason=Reason.PAYLOAD_INVALID if wrong else Reason.SUCCESS)
