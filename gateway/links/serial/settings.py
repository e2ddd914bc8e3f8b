"""The settings of a serial line in the YAML."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from gateway.driver import DriverSettings
from gateway.settings.addresses import Listen
from gateway.settings.mend import Wrong

MIN_GAP = 0.05
"""Seconds. USB adapters deliver what they have every 16 ms, so a shorter silence means nothing."""
MIN_GAP_BEHIND_CONVERTER = 0.2
"""Seconds. A converter packs bytes into TCP segments, and Linux repeats a lost segment after this long (RFC 6298)."""
GAP_CHARACTERS = 40

_HOST_AND_PORT = re.compile(r"[\w.-]+:[0-9]+(:.*)?")
_EXAMPLE = "tcp://192.168.1.10:4001"


def _port(value: str) -> str:
    if "://" in value:
        return f"tcp://{_converter(value)}"
    if _HOST_AND_PORT.fullmatch(value):
        raise Wrong(f"{value!r} is no device file", f"write tcp://{value} for a converter to Ethernet")
    if value.startswith("tcp:"):
        raise Wrong(f"{value!r} is no address", f"write {_EXAMPLE}, with two slashes")
    if re.fullmatch(r"com[0-9]+:?", value, re.IGNORECASE):
        raise Wrong(f"{value!r} is a port's name under Windows", "write one under /dev/serial/by-id, or /dev/ttyUSB0")
    return value


def _converter(url: str) -> Listen:
    scheme = url.partition("://")[0]
    if scheme != "tcp":
        raise Wrong(
            f"{url!r}: {scheme}:// is not supported",
            f"set the converter to TCP server mode, raw, and write {_EXAMPLE}",
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError as error:
        raise Wrong(f"{url!r} is no address ({error})", f"write one like {_EXAMPLE}") from None
    if not host or not port:
        lacks = "port" if host else "host"
        raise Wrong(f"{url!r} names no {lacks}", f"write one like {_EXAMPLE}, the port as set at the converter")
    if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        raise Wrong(f"{url!r} says more than host and port", f"write tcp://{Listen(host, port)}")
    return Listen(host, port)


class SerialSettings(DriverSettings):
    """The settings of a serial port, flat beside the driver's own keys."""

    LOW_LATENCY: ClassVar[bool] = False
    """For protocols that poll: without it FTDI's adapters keep what came for 16 ms."""

    port: Annotated[
        str,
        AfterValidator(_port),
        Field(
            min_length=1, description="device file, best one under /dev/serial/by-id; or tcp://host:port, a converter"
        ),
    ]
    baud: Annotated[int, Field(ge=300, le=4_000_000)] = 9600
    data_bits: Literal[7, 8] = 8
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1

    @property
    def converter(self) -> Listen | None:
        """Host and port of the converter; None for a port of this machine."""
        return _converter(self.port) if self.port.startswith("tcp://") else None

    @property
    def gap(self) -> float:
        """Seconds of silence that end a frame: of 40 characters, or more where adapters and networks need it."""
        bits = 1 + self.data_bits + (self.parity != "none") + self.stop_bits
        min_gap = MIN_GAP_BEHIND_CONVERTER if self.converter else MIN_GAP
        return max(min_gap, GAP_CHARACTERS * bits / self.baud)
