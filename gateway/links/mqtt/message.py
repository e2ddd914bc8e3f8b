"""One message of a device, as the endpoint or a broker brings it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """One PUBLISH of a device.

    `client` and `packet_id` (None for QoS 0) name it in its protocol; `redelivered` is DUP.
    `retained` says that a broker said it from memory: it is a state, and may be old.
    """

    topic: str
    payload: bytes
    client: str
    packet_id: int | None = None
    redelivered: bool = False
    retained: bool = False
