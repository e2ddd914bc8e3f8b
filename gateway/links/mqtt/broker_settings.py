"""Where the broker is, and how the gateway behaves as its client."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where the broker is and how to connect to it; times are in seconds.

    `in_flight` is the ReceiveMaximum that we send. Mosquitto 2.0.11 exceeds it, so we stop reading only at twice as
    many. A message whose driver does not run within `driver_timeout` goes to quarantine.
    """

    host: str
    port: int = 1883
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    client_id: str = "anju"
    tls: ssl.SSLContext | None = None
    keep_alive: int = 30
    in_flight: int = 256
    session_expiry: int = 7 * 24 * 3600
    response_timeout: float = 10.0
    driver_timeout: float = 60.0
