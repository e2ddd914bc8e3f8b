"""The second door: we are the client of a broker (Mosquitto, a cluster) that the devices speak to.

An acknowledgement to the broker means committed; what the broker acknowledged to the device is the
broker's promise (see the settings for Mosquitto in the handbook: it may lose what it holds in memory).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NoReturn

import structlog
from paho.mqtt.client import MQTTMessage

from gateway.backoff import ExponentialBackoff
from gateway.errors import LinkLost
from gateway.links.mqtt.broker_reasons import maybe_taken_over, taken_over
from gateway.links.mqtt.delivery import Delivery, PendingDeliveries
from gateway.links.mqtt.inbound_window import InboundWindow
from gateway.links.mqtt.limits import EndpointLimits, InFlightBudget, MqttCounters
from gateway.links.mqtt.link import RoutedLink
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.paho_connection import BrokerSettings, PahoConnection
from gateway.links.mqtt.router import Router
from gateway.links.mqtt.unrouted import KeepInQuarantine, UnroutedMessages
from gateway.model import Said, Words

log = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds before the first and at most before a later attempt to connect; half of it by chance."""
STEADY = 30.0
"""A connection that held this long was a good one: the next pause is a short one again."""
SHORT, CUTS_TOLD = 10.0, 2
"""So many connections in a row that the broker cut within so many seconds after it took us tell of another client:
Mosquitto 2.0.11 gives no reason when it gives our session away."""
YIELD = 10.0
"""Seconds at least until we take a session back that was taken from us: a war would lose the signals of both."""
ACCOUNT = ""
"""A broker does not say who published; what an account may publish on is its access control list's business."""


class BrokerClient:
    """One shared connection. Links may be made at any time; `run` it in the app's TaskGroup."""

    def __init__(self, settings: BrokerSettings, quarantine: KeepInQuarantine) -> None:
        self.settings = settings
        self.counters = MqttCounters()
        self._aside = UnroutedMessages(quarantine, self.counters)
        most = 2 * settings.in_flight
        self._limits = EndpointLimits(in_flight=most)
        self._budget = InFlightBudget(2 * most, 2 * self._limits.in_flight_bytes)
        self._router = Router(self._new_room, self._give_up)
        self._line: PahoConnection | None = None
        self._connected = asyncio.Event()
        self._trouble: Said = Words("消息服务器还没有连上", "not connected yet")
        self._cut_short = 0
        self._is_fought_over = False
        self._tasks: asyncio.TaskGroup | None = None

    def link(self, device: str, _account: str = ACCOUNT) -> BrokerLink:
        link = BrokerLink(device, self._router, self._new_room(), self)
        self._router.add(link)
        return link

    def unlink(self, device: str) -> None:
        """The device is no more, or is linked anew in this turn of the loop."""
        self._router.remove(device)

    async def run(self) -> NoReturn:
        """Connect, and connect again, until cancelled."""
        backoff = ExponentialBackoff(FIRST_PAUSE, LONGEST_PAUSE, jitter=(0.5, 1.0))
        async with asyncio.TaskGroup() as self._tasks:
            while True:
                since = asyncio.get_running_loop().time()
                await self._one_connection()
                if asyncio.get_running_loop().time() - since > STEADY:
                    backoff.reset()
                await asyncio.sleep(backoff.next_delay(min_s=YIELD if self._is_fought_over else 0.0))
        raise AssertionError("the loop above has no end")

    async def line(self) -> PahoConnection:
        """The connection, waited for if need be; raises LinkLost."""
        try:
            async with asyncio.timeout(self.settings.answer_within):
                await self._connected.wait()
        except TimeoutError:
            raise LinkLost(self._trouble) from None
        return self.current()

    def current(self) -> PahoConnection:
        """The connection, or LinkLost at once."""
        if self._line is None or not self._connected.is_set():
            raise LinkLost(self._trouble)
        return self._line

    # one connection's life

    async def _one_connection(self) -> None:
        inbound = InboundWindow(self._limits, self._budget, self.counters)
        self._is_fought_over = False
        line = PahoConnection(self.settings, lambda message: self._arrived(line, inbound, message), self._explained)
        try:
            self._line = line  # the broker may speak before we know that it has accepted us
            await line.connect()
            self._connected.set()
            self.counters.connections, self.counters.sessions = 1, self.counters.sessions + 1
            log.info("mqtt broker connected", host=self.settings.host, port=self.settings.port)
            await line.keep()
        except LinkLost as error:
            self._trouble = error.why
            if line.accepted_at is None:
                self._cut_short = 0
            log.warning("mqtt broker lost", why=str(error))
        finally:
            self._connected.clear()
            self._line = None
            self.counters.connections = 0
            line.leave()

    def _explained(self, line: PahoConnection) -> Words | None:
        """Why the broker cut us off, as far as it does not say: it may have given our session to another client."""
        if line.is_taken_over:
            self._is_fought_over = True
            return taken_over(self.settings.client_id)
        now = asyncio.get_running_loop().time()
        is_short = line.accepted_at is not None and now - line.accepted_at < SHORT
        self._cut_short = self._cut_short + 1 if is_short else 0
        self._is_fought_over = self._cut_short >= CUTS_TOLD
        return maybe_taken_over(self.settings.client_id) if self._is_fought_over else None

    def _arrived(self, line: PahoConnection, inbound: InboundWindow, received: MQTTMessage) -> None:
        packet_id = received.mid if received.qos else None
        message = MqttMessage(
            received.topic, bytes(received.payload), self.settings.client_id, packet_id, received.dup, received.retain
        )
        now = asyncio.get_running_loop().time()
        delivery = Delivery(message, ACCOUNT, now, lambda settled: self._settled(line, inbound, settled))
        inbound.enter(delivery)
        if inbound.is_full:
            line.pause()
        self._router.submit(delivery)

    def _settled(self, line: PahoConnection, inbound: InboundWindow, delivery: Delivery) -> None:
        """Acknowledge on the connection it came by, and on no other."""
        for due in inbound.settled(delivery):
            self.counters.acknowledged += 1
            assert due.message.packet_id is not None
            line.acknowledge(due.message.packet_id)
        if not delivery.is_kept:
            line.lose(f"left so that a message comes again: {delivery.why}")
        elif inbound.has_room:
            line.resume()

    # what has no driver

    def _new_room(self) -> PendingDeliveries:
        return PendingDeliveries(self.settings.patience, self._give_up)

    def _give_up(self, delivery: Delivery) -> None:
        """One device without a driver must not hold up all the others' acknowledgements: keep it aside."""
        topic = delivery.message.topic
        owner = self._router.owner(ACCOUNT, topic)
        if owner is None and self._line is not None:
            self._line.unsubscribe(topic)  # left in the session by a device that is no more
        if self._tasks is not None:
            why = _unserved(topic, owner.device if owner else None, self.settings.patience)
            self._aside.put(self._tasks, delivery, owner.device if owner else ACCOUNT, why)


def _unserved(topic: str, device: str | None, patience: float) -> Words:
    if device is None:
        return Words(f"主题 {topic} 不属于任何设备", f"topic {topic}: no device's")
    zh = f"主题 {topic}：设备 {device} 的驱动在 {patience:g} 秒内没有运行"
    return Words(zh, f"topic {topic}: no driver of device {device} within {patience:g} s")


class BrokerLink(RoutedLink):
    """A device's link through the shared connection."""

    def __init__(self, device: str, router: Router, waiting: PendingDeliveries, broker: BrokerClient) -> None:
        super().__init__(device, ACCOUNT, router, waiting)
        self._broker = broker

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False, life: float | None = None) -> None:
        """See MqttLink. The broker takes it, whether the device is there or not: name a `life` for a command."""
        self.capture.put("out", payload, topic)
        self._broker.current().publish(topic, payload, retain=retain, life=life)

    async def _stay(self, topics: Sequence[str]) -> NoReturn:
        line = await self._broker.line()
        await line.subscribe(topics)
        if self.on_returned is not None:
            self.on_returned()
        await line.gone()
