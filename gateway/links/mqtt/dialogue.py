"""What one client says and what it is answered: packets in, packets out, knowing nothing of sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gateway.links.mqtt.delivery import Delivery
from gateway.links.mqtt.house import House, Line
from gateway.links.mqtt.inbound import Inbound
from gateway.links.mqtt.link import Message
from gateway.links.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)
from gateway.links.mqtt.session import Session
from gateway.links.mqtt.wire import Malformed

if TYPE_CHECKING:
    from gateway.links.mqtt.connection import Connection


class Dialogue:
    """Raises Malformed for what a client may not say; its connection ends then."""

    def __init__(self, house: House, line: Line, connection: Connection) -> None:
        self.inbound = Inbound(house.limits, house.budget, house.counters)
        self.session: Session | None = None
        self.will: Will | None = None
        self._house = house
        self._line = line
        self._connection = connection
        self._now = asyncio.get_running_loop().time
        self._answers: Mapping[type[Packet], Callable[[Any, Session], None]] = {
            Publish: self._publish,
            Puback: self._puback,
            Subscribe: self._subscribe,
            Unsubscribe: self._unsubscribe,
            Pingreq: self._ping,
            Disconnect: self._disconnect,
        }

    def receive(self, packet: Packet) -> None:
        if self.session is None:
            if not isinstance(packet, Connect):
                raise Malformed("the first packet is no CONNECT [MQTT-3.1.0-1]")
            self._connect(packet)
            return
        answer = self._answers.get(type(packet))
        if answer is None:
            raise Malformed(f"{type(packet).__name__.upper()} from a connected client [MQTT-3.1.0-2, table 2.1]")
        answer(packet, self.session)

    def _connect(self, packet: Connect) -> None:
        code, session, present = self._house.sign_in(self._connection, packet)
        self._line.say(Connack(code, present))
        if session is None:
            self._line.end(f"refused: {code.name}")
            return
        self.session, self.will = session, packet.will
        self._line.admitted(session, packet.keep_alive)

    def _publish(self, packet: Publish, session: Session) -> None:
        if packet.qos == 2:
            raise Malformed("PUBLISH with QoS 2, which is not offered here (SUBACK grants 1 at most)")
        if packet.packet_id is not None and self.inbound.ledger.holds(packet.packet_id):
            if packet.dup:
                return  # one acknowledgement answers both; two could be taken for the id's next message
            raise Malformed(f"packet identifier {packet.packet_id} is in use [MQTT-2.3.1-2]")
        message = Message(packet.topic, packet.payload, session.client, packet.packet_id, packet.dup)
        delivery = Delivery(message, session.account, self._now(), self._settled)
        self.inbound.enter(delivery)
        self._line.mind_the_bounds()
        self._house.submit(delivery)

    def _settled(self, delivery: Delivery) -> None:
        due = self.inbound.settled(delivery)
        if delivery.is_kept:
            self._line.acknowledge(due)
            self._line.make_room()
        else:
            self._line.end(f"not kept, to be sent again: {delivery.why}", is_fault=False)

    def _puback(self, packet: Puback, session: Session) -> None:
        session.outbox.acknowledged(packet.packet_id)
        self._line.acknowledge(())

    def _subscribe(self, packet: Subscribe, session: Session) -> None:
        self._line.say(Suback(packet.packet_id, self._house.subscribe(session, packet)))
        self._house.subscribed(self._connection, packet)

    def _unsubscribe(self, packet: Unsubscribe, session: Session) -> None:
        for topic_filter in packet.filters:
            session.unsubscribe(topic_filter)
        self._line.say(Unsuback(packet.packet_id))

    def _ping(self, _packet: Pingreq, session: Session) -> None:
        self._house.pinged(session.account)
        self._line.say(Pingresp())

    def _disconnect(self, _packet: Disconnect, _session: Session) -> None:
        """The will is forgotten [MQTT-3.14.4-3]."""
        self._line.end("DISCONNECT", is_fault=False)
