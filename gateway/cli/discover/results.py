"""What is asked of each way of looking, and what it brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DiscoveryOptions:
    """How to look. `hosts` and MQTT `brokers` are asked by name, HOST or HOST:PORT; `lines` for Modbus units."""

    seconds: float
    interface: str | None = None
    hosts: Sequence[str] = ()
    user: str = ""
    password: str = field(default="", repr=False)
    verify_tls: bool = True
    brokers: Sequence[str] = ()
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A value that stands in secrets.yaml under this name."""

    name: str


Nested = str | int | bool | Sequence[Mapping[str, "Nested"]]
"""What stands in a list of rows: units, and inputs in units."""
Value = str | int | bool | SecretRef | Sequence[Mapping[str, Nested]]


@dataclass(frozen=True, slots=True)
class DiscoveredDevice:
    """One device. `entry` is what its driver needs, in order; `notes` and `more` are for people.

    `more` are entries the installer may want beside the first; they are written as comments.
    """

    id: str
    kind: str
    name: str
    address: str
    what: str = ""
    notes: Sequence[str] = ()
    entry: Mapping[str, Value] = field(default_factory=dict)
    more: Sequence[Mapping[str, Value]] = ()
