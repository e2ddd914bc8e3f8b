"""What client and endpoint agree on as they connect: CONNECT's wishes, and our answer with our bounds. No I/O."""

from __future__ import annotations

from typing import Any

from gateway.links.mqtt.limits import EndpointLimits
from gateway.links.mqtt.outbox import MAX_QUEUED_BYTES, WINDOW
from gateway.links.mqtt.packets import LEVEL_5, Connack, Connect, ConnectCode
from gateway.links.mqtt.properties import Properties, Property
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.session import MAX_SESSION_EXPIRY_S, ClientSession

REASONS = {
    ConnectCode.ACCEPTED: Reason.SUCCESS,
    ConnectCode.UNACCEPTABLE_LEVEL: Reason.UNACCEPTABLE_LEVEL,
    ConnectCode.IDENTIFIER_REJECTED: Reason.CLIENT_ID_INVALID,
    ConnectCode.SERVER_UNAVAILABLE: Reason.QUOTA_EXCEEDED,
    ConnectCode.BAD_CREDENTIALS: Reason.BAD_CREDENTIALS,
    ConnectCode.NOT_AUTHORIZED: Reason.NOT_AUTHORIZED,
}
MAX_REASON_LENGTH = 200
"""Characters of a reason in words."""
MIN_PACKET_FOR_REASON = 1024
"""Bytes a client must take in one packet to be told reasons in words."""
MIN_CLIENT_PACKET = 64
"""Bytes a client must take to be served: CONNACK with our bounds and an assigned identifier."""


def session_expiry(packet: Connect) -> int:
    """Seconds the session outlives its connection: as long as the client asks, within our bound."""
    if packet.level == LEVEL_5:
        return min(int(packet.properties.get(Property.SESSION_EXPIRY, 0)), MAX_SESSION_EXPIRY_S)
    return 0 if packet.clean_session else MAX_SESSION_EXPIRY_S


def apply_client_limits(packet: Connect, session: ClientSession) -> None:
    """Say no more to the client at once than it takes (3.1.2.11.3, 3.1.2.11.4)."""
    outbox, asked = session.outbox, packet.properties
    outbox.level = packet.level
    outbox.window = min(WINDOW, asked.get(Property.RECEIVE_MAXIMUM, WINDOW))
    outbox.largest = asked.get(Property.MAXIMUM_PACKET, MAX_QUEUED_BYTES)


def wants_reason_string(packet: Connect) -> bool:
    """Whether reasons may be told in words (3.1.2.11.7)."""
    asked = packet.properties
    has_room = asked.get(Property.MAXIMUM_PACKET, MIN_PACKET_FOR_REASON) >= MIN_PACKET_FOR_REASON
    return packet.level == LEVEL_5 and bool(asked.get(Property.REQUEST_PROBLEM, 1)) and has_room


def refusal(packet: Connect) -> Reason | None:
    """Why this CONNECT can't be served whoever sends it; None if it can."""
    if Property.AUTHENTICATION_METHOD in packet.properties:
        return Reason.BAD_AUTHENTICATION_METHOD
    if Property.AUTHENTICATION_DATA in packet.properties:
        return Reason.PROTOCOL_ERROR  # data, and no method (3.1.2.11.10)
    if packet.properties.get(Property.MAXIMUM_PACKET, MIN_CLIENT_PACKET) < MIN_CLIENT_PACKET:
        return Reason.IMPLEMENTATION
    if packet.level == LEVEL_5 and packet.will is not None and packet.will.qos > 1:
        return Reason.QOS_NOT_SUPPORTED  # [MQTT5-3.2.2-12]; 3.1.1 has no word for it, and nobody is sent the will
    return None


def connack(packet: Connect, session: ClientSession, limits: EndpointLimits, *, is_present: bool) -> Connack:
    """CONNACK; what it holds of our bounds only MQTT 5 has a place for."""
    return Connack(ConnectCode.ACCEPTED, is_present, Reason.SUCCESS, _bounds(packet, session, limits))


def reason_string(why: str) -> Properties:
    """Printable letters alone: what a device sent may stand in it, and no string of MQTT holds a lone surrogate."""
    words = why[:MAX_REASON_LENGTH]
    return {Property.REASON: "".join(letter if letter.isprintable() else " " for letter in words)}


def _bounds(packet: Connect, session: ClientSession, limits: EndpointLimits) -> Properties:
    said: dict[Property, Any] = {
        Property.RECEIVE_MAXIMUM: limits.in_flight,
        Property.MAXIMUM_QOS: 1,
        Property.MAXIMUM_PACKET: limits.largest_packet,
        Property.SUBSCRIPTION_IDS: 0,
        Property.SHARED: 0,
    }
    if session.keep != packet.properties.get(Property.SESSION_EXPIRY, 0):
        said[Property.SESSION_EXPIRY] = session.keep
    if not packet.client_id:
        said[Property.ASSIGNED_CLIENT] = session.client
    return said
