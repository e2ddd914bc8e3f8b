"""One message of a device, as the endpoint or a broker delivers it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """One PUBLISH of a device.

    `client` and `packet_id` (None for QoS 0) identify it in MQTT; `redelivered` is the DUP flag. `retained`: a broker
    sent it from memory when we subscribed, so it is a state that may be old, and not an event.
    """

    topic: str
    payload: bytes
    client: str
    packet_id: int | None = None
    redelivered: bool = False
    retained: bool = False
