"""The MQTT link of a driver, through the gateway's own endpoint or through a broker."""

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
"""Returns once the message is committed. The result says what was wrong with a message that went to quarantine, else
None; MQTT 5 reports it to the device."""


class MqttLink(Protocol):
    """What a driver is handed, whichever way the device comes in."""

    async def serve(
        self, topics: Sequence[str], on_message: OnMessage, *, third_party_topics: Collection[str] = ()
    ) -> None:
        """Claim `topics` (filters) and call `on_message` for their messages, until cancelled.

        On `third_party_topics` (topic names) a bridge or a last will may publish about the device: a message there
        is no sign that the device is alive, unless the driver says so.

        Messages are handed over in order of arrival, each without waiting for the one before. A message is
        acknowledged, in order of arrival, once its `on_message` has returned. When that raises an AnjuError
        (NotRecorded) the message is not acknowledged and will come again; any other exception ends `serve` with it.
        Raises LinkLost when the connection is lost or a topic belongs to another device.
        """
        ...

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, life: float | None = None, is_private: bool = False
    ) -> None:
        """Publish to the device with QoS 1; raises LinkLost when nobody receives it.

        After `life` seconds the message has expired: it is neither sent again nor sent late. A capture shows that a
        message was sent, and of one that `is_private` nothing else.
        """
        ...


class ClaimRegistry(Protocol):
    """Which device claims which topics; implemented by `router.Router`."""

    def attach(self, link: RoutedLink, topics: Sequence[str]) -> None:
        """The driver of `link` runs and claims these topics. Raises LinkLost where another device has one."""


class RoutedLink:
    """What the links of endpoint and broker share: claims, and handing messages to a driver.

    The app may set `on_heard`, called for anything usable that the device itself sends (not for what others publish
    about it, nor for a broker's retained messages); `on_returned`, called when a connection that devices share is
    back; `on_silent`, awaited when the device's last will is due; and `on_refused`, called with why it is refused.
    """

    def __init__(self, device: str, account: str, claims: ClaimRegistry, pending: PendingDeliveries) -> None:
        self.device = device
        self.account = account
        self.on_heard: Callable[[], None] | None = None
        self.on_returned: Callable[[], None] | None = None
        self.on_silent: Callable[[], Awaitable[None]] | None = None
        self.on_refused: Callable[[None, Words], None] | None = None
        self.is_refused = False
        self.has_reported = False
        """Whether the device has ever sent something usable."""
        self.has_served = False
        """Whether its driver has ever claimed its topics."""
        self.capture = Capture()
        self._claims = claims
        self._pending = pending
        self._start: Callable[[Delivery], None] | None = None
        self._third_party_topics: frozenset[str] = frozenset()

    async def serve(
        self, topics: Sequence[str], on_message: OnMessage, *, third_party_topics: Collection[str] = ()
    ) -> None:
        """See MqttLink. Messages that are unfinished when it ends wait for the next `serve`."""
        self._third_party_topics = frozenset(third_party_topics)
        try:
            async with asyncio.TaskGroup() as group:
                await self._serve(topics, on_message, group)
        except ExceptionGroup as several:  # the supervisor distinguishes LinkLost from a bug by the type
            raise several.exceptions[0] from several

    async def _serve(self, topics: Sequence[str], on_message: OnMessage, group: asyncio.TaskGroup) -> None:
        # Before the claims, for `attach` may deliver what waited for them.
        self._start = lambda delivery: self._begin(group, on_message, delivery)
        self.has_served = True
        try:
            self._claims.attach(self, topics)
            for delivery in self._pending.take_all():
                self._start(delivery)
            await self._until_lost(topics)
        finally:
            self._start = None

    def deliver(self, delivery: Delivery) -> None:
        """Hand a message to the driver, or keep it until the driver runs."""
        self.capture.record("in", delivery.message.payload, delivery.message.topic)
        if self._start is None:
            self._note_alive(delivery.message)
            self._pending.add(delivery)
        else:
            self._start(delivery)

    def report_refused(self, why: Words) -> None:
        """What the device sends is not taken. From now on a ping or sign-in is no sign that it is well."""
        self.is_refused = True
        if self.on_refused is not None:
            self.on_refused(None, why)

    def alive(self) -> None:
        """The device has pinged or signed in."""
        if self.on_heard is not None and not self.is_refused:
            self.on_heard()

    def take_pending(self) -> list[Delivery]:
        """Remove and return what waits for the driver, in order of arrival."""
        return self._pending.take_all()

    def _note_alive(self, message: MqttMessage) -> None:
        if not message.retained and message.topic not in self._third_party_topics:
            self.is_refused, self.has_reported = False, True
            self.alive()

    def _begin(self, group: asyncio.TaskGroup, on_message: OnMessage, delivery: Delivery) -> None:
        task = group.create_task(_handle(on_message, delivery, self._note_alive))
        task.add_done_callback(lambda _: self._ended(delivery))

    def _ended(self, delivery: Delivery) -> None:
        """Handling has ended. A delivery that is not settled then was interrupted because the driver stopped."""
        if not delivery.is_settled:
            delivery.mark_redelivered()
            self._pending.add(delivery)

    async def _until_lost(self, _topics: Sequence[str]) -> NoReturn:
        """What `serve` waits for. The broker's link subscribes here, and waits for the end of its connection."""
        await asyncio.Event().wait()
        raise AssertionError("nobody sets this event")


async def _handle(on_message: OnMessage, delivery: Delivery, note_alive: Callable[[MqttMessage], None]) -> None:
    try:
        wrong = await on_message(delivery.message)
    except AnjuError as error:
        note_alive(delivery.message)  # the device is well: it is the gateway that could not keep the message
        delivery.settle(committed=False, why=str(error))
    else:
        if not wrong:
            note_alive(delivery.message)
        delivery.settle(committed=True, why=wrong or "", reason=Reason.PAYLOAD_INVALID if wrong else Reason.SUCCESS)
