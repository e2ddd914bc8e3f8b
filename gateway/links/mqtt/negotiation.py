"""What client and endpoint agree on in CONNECT and CONNACK: versions, session, sizes. No I/O."""

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
"""MQTT 5's reason code for a return code of 3.1.1."""
MAX_REASON_LENGTH = 200
"""Characters of a reason string."""
MIN_PACKET_FOR_REASON = 1024
"""Bytes a client must take in one packet to be sent reason strings."""
MIN_CLIENT_PACKET = 64
"""Bytes a client must take to be served: CONNACK with our limits and an assigned identifier."""


def session_expiry(packet: Connect) -> int:
    """Seconds the session outlives its connection: as long as the client asks, within our limit."""
    if packet.level == LEVEL_5:
        return min(int(packet.properties.get(Property.SESSION_EXPIRY, 0)), MAX_SESSION_EXPIRY_S)
    return 0 if packet.clean_session else MAX_SESSION_EXPIRY_S


def apply_client_limits(packet: Connect, session: ClientSession) -> None:
    """Send the client no more at once than its CONNECT says that it takes (3.1.2.11.3, 3.1.2.11.4)."""
    outbox, props = session.outbox, packet.properties
    outbox.level = packet.level
    outbox.window = min(WINDOW, props.get(Property.RECEIVE_MAXIMUM, WINDOW))
    outbox.max_packet = props.get(Property.MAXIMUM_PACKET, MAX_QUEUED_BYTES)


def wants_reason_string(packet: Connect) -> bool:
    """Whether the client may be sent reasons in words (3.1.2.11.7)."""
    props = packet.properties
    has_room = props.get(Property.MAXIMUM_PACKET, MIN_PACKET_FOR_REASON) >= MIN_PACKET_FOR_REASON
    return packet.level == LEVEL_5 and bool(props.get(Property.REQUEST_PROBLEM, 1)) and has_room


def refusal(packet: Connect) -> Reason | None:
    """Why this CONNECT can't be served whoever sends it; None if it can."""
    if Property.AUTHENTICATION_METHOD in packet.properties:
        return Reason.BAD_AUTHENTICATION_METHOD
    if Property.AUTHENTICATION_DATA in packet.properties:
        return Reason.PROTOCOL_ERROR  # data without a method (3.1.2.11.10)
    if packet.properties.get(Property.MAXIMUM_PACKET, MIN_CLIENT_PACKET) < MIN_CLIENT_PACKET:
        return Reason.IMPLEMENTATION
    if packet.level == LEVEL_5 and packet.will is not None and packet.will.qos > 1:
        # [MQTT5-3.2.2-12]. 3.1.1 has no code for this; such a will is accepted, for nobody is ever sent it.
        return Reason.QOS_NOT_SUPPORTED
    return None


def connack(packet: Connect, session: ClientSession, limits: EndpointLimits, *, is_present: bool) -> Connack:
    """The CONNACK that accepts a client. The limits in it are sent to clients of MQTT 5 only."""
    return Connack(ConnectCode.ACCEPTED, is_present, Reason.SUCCESS, _limits(packet, session, limits))


def reason_string(why: str) -> Properties:
    """`why` as a property, with printable characters only.

    It may quote what a device sent, and no string of MQTT may hold a lone surrogate.
    """
    words = why[:MAX_REASON_LENGTH]
    return {Property.REASON: "".join(letter if letter.isprintable() else " " for letter in words)}


def _limits(packet: Connect, session: ClientSession, limits: EndpointLimits) -> Properties:
    props: dict[Property, Any] = {
        Property.RECEIVE_MAXIMUM: limits.in_flight,
        Property.MAXIMUM_QOS: 1,
        Property.MAXIMUM_PACKET: limits.largest_packet,
        Property.SUBSCRIPTION_IDS: 0,
        Property.SHARED: 0,
    }
    if session.expiry_s != packet.properties.get(Property.SESSION_EXPIRY, 0):
        props[Property.SESSION_EXPIRY] = session.expiry_s
    if not packet.client_id:
        props[Property.ASSIGNED_CLIENT] = session.client
    return props
