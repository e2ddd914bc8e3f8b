"""Handles one client's packets and decides the answers, without knowing sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from gateway.links.mqtt import negotiation
from gateway.links.mqtt.delivery import Delivery
from gateway.links.mqtt.inbound_window import InboundWindow
from gateway.links.mqtt.interfaces import ClientConnection, ServerInterface
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.packets import (
    LEVEL_3_1_1,
    LEVEL_5,
    SUBSCRIPTION_REFUSED,
    Connack,
    Connect,
    ConnectCode,
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
from gateway.links.mqtt.properties import Properties, Property
from gateway.links.mqtt.reasons import FAILURE, Reason
from gateway.links.mqtt.session import MAX_SESSION_EXPIRY_S, ClientSession
from gateway.links.mqtt.wire import MalformedPacket
from gateway.model import Words


class ClientHandler:
    """The protocol state of one client. `session` is None until its CONNECT was accepted."""

    def __init__(self, server: ServerInterface, connection: ClientConnection) -> None:
        self.inbound = InboundWindow(server.limits, server.budget, server.counters)
        self.session: ClientSession | None = None
        self.will: Will | None = None
        self._level = LEVEL_3_1_1
        self._wants_reason_string = False
        self._server = server
        self._connection = connection
        self._now = asyncio.get_running_loop().time
        self._handlers: Mapping[type[Packet], Callable[[Any, ClientSession], None]] = {
            Publish: self._publish,
            Puback: self._puback,
            Subscribe: self._subscribe,
            Unsubscribe: self._unsubscribe,
            Pingreq: self._ping,
            Disconnect: self._disconnect,
        }

    def receive(self, packet: Packet) -> None:
        """Handle one packet. Raises MalformedPacket for what a client may not send; the connection ends then."""
        if self.session is None:
            if not isinstance(packet, Connect):
                raise MalformedPacket(
                    Words("第一个报文不是 CONNECT [MQTT-3.1.0-1]", "the first packet is no CONNECT [MQTT-3.1.0-1]"),
                    reason=Reason.PROTOCOL_ERROR,
                )
            self._connect(packet)
            return
        handler = self._handlers.get(type(packet))
        if handler is None:
            name = type(packet).__name__.upper()
            why = Words(
                f"已连接的客户端发来 {name} [MQTT-3.1.0-2，表 2.1]",
                f"{name} from a connected client [MQTT-3.1.0-2, table 2.1]",
            )
            raise MalformedPacket(why, reason=Reason.PROTOCOL_ERROR)
        handler(packet, self.session)

    def reason_properties(self, why: str) -> Properties:
        """`why` as a reason string, for a client that wants one; else no properties."""
        return negotiation.reason_string(why) if self._wants_reason_string and why else {}

    def _connect(self, packet: Connect) -> None:
        self._level, self._wants_reason_string = packet.level, negotiation.wants_reason_string(packet)
        refusal = negotiation.refusal(packet)
        if refusal is not None:
            self._refuse(ConnectCode.NOT_AUTHORIZED, refusal)
            return
        admission = self._server.sign_in(self._connection, packet)
        session = admission.session
        if session is None:
            self._refuse(admission.code, negotiation.REASONS[admission.code], admission.delay)
            return
        negotiation.apply_client_limits(packet, session)
        # CONNACK before anything else [MQTT-3.2.0-1]: `signed_in` sends what waits in the session.
        self._connection.send(negotiation.connack(packet, session, self._server.limits, is_present=admission.present))
        self.session, self.will = session, packet.will
        self._connection.signed_in(session, packet.keep_alive)

    def _refuse(self, code: ConnectCode, reason: Reason, delay: float = 0.0) -> None:
        why = f"refused: {reason.name}"
        self._connection.refuse(Connack(code, reason=reason, properties=self.reason_properties(why)), why, delay)

    def _publish(self, packet: Publish, session: ClientSession) -> None:
        if packet.qos == 2:
            why = Words(
                "QoS 2 的 PUBLISH，本网关不提供（SUBACK 最多给 1）",
                "PUBLISH with QoS 2, which is not offered here (SUBACK grants 1 at most)",
            )
            raise MalformedPacket(why, reason=Reason.QOS_NOT_SUPPORTED)
        if packet.packet_id is not None and self.inbound.in_flight.contains(packet.packet_id):
            if packet.dup:
                return  # one acknowledgement answers both; a second could be taken for that of the id's next message
            number = packet.packet_id
            why = Words(
                f"报文标识符 {number} 正在使用 [MQTT-2.3.1-2]", f"packet identifier {number} is in use [MQTT-2.3.1-2]"
            )
            raise MalformedPacket(why, reason=Reason.PROTOCOL_ERROR)
        message = MqttMessage(packet.topic, packet.payload, session.client, packet.packet_id, packet.dup)
        delivery = Delivery(message, session.account, self._now(), self._settled)
        self.inbound.add(delivery)
        self._connection.check_limits()
        self._server.submit(delivery)

    def _settled(self, delivery: Delivery) -> None:
        due = self.inbound.settled(delivery)
        if delivery.is_committed:
            self._connection.acknowledge([self._puback_of(each) for each in due])
            self._connection.message_settled()
        else:
            # MQTT has no "try again later". A device sends again what is unacknowledged when it reconnects.
            why = f"not kept, to be sent again: {delivery.why}"
            self._connection.end(why, is_fault=False, reason=Reason.IMPLEMENTATION)

    def _puback_of(self, delivery: Delivery) -> Puback:
        """Only for what is committed: after a PUBACK with a failure code the device would not send it again."""
        assert delivery.message.packet_id is not None
        return Puback(delivery.message.packet_id, delivery.reason, self.reason_properties(delivery.why))

    def _puback(self, packet: Puback, session: ClientSession) -> None:
        session.outbox.acknowledged(packet.packet_id)
        self._connection.acknowledge(())  # the window has room: flush

    def _subscribe(self, packet: Subscribe, session: ClientSession) -> None:
        no_retained = packet.no_retained | {name for name in packet.retained_if_new if session.has_subscribed(name)}
        codes = self._server.subscribe(session, packet)
        codes_3_1_1 = (min(code, SUBSCRIPTION_REFUSED) for code in codes)
        self._connection.send(Suback(packet.packet_id, codes if self._level == LEVEL_5 else tuple(codes_3_1_1)))
        granted = (name for (name, _), code in zip(packet.filters, codes, strict=True) if code < FAILURE)
        self._server.subscribed(self._connection, [name for name in granted if name not in no_retained])

    def _unsubscribe(self, packet: Unsubscribe, session: ClientSession) -> None:
        existed = [session.unsubscribe(topic_filter) for topic_filter in packet.filters]
        codes = tuple(Reason.SUCCESS if each else Reason.NO_SUBSCRIPTION for each in existed)
        self._connection.send(Unsuback(packet.packet_id, codes))

    def _ping(self, _packet: Pingreq, session: ClientSession) -> None:
        self._server.pinged(session.account)
        self._connection.send(Pingresp())

    def _disconnect(self, packet: Disconnect, session: ClientSession) -> None:
        """A plain DISCONNECT discards the will [MQTT-3.14.4-3]; with another reason of MQTT 5 the will is due.

        [MQTT5-3.1.2-10]
        """
        expiry = packet.properties.get(Property.SESSION_EXPIRY)
        if expiry and not session.expiry_s:
            why = Words(
                "DISCONNECT 要求保留会话，而 CONNECT 没有要求（5: 3.14.2.2.2）",
                "DISCONNECT asks for a session that CONNECT did not ask for (5: 3.14.2.2.2)",
            )
            raise MalformedPacket(why, reason=Reason.PROTOCOL_ERROR)
        session.expiry_s = session.expiry_s if expiry is None else min(expiry, MAX_SESSION_EXPIRY_S)
        is_plain = packet.reason == Reason.SUCCESS
        why_ended = "DISCONNECT" if is_plain else f"DISCONNECT with {packet.reason:#04x}"
        self._connection.end(why_ended, is_fault=not is_plain)
