"""The options of `anju discover`, and a discovered device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DiscoveryOptions:
    """`hosts` and MQTT `brokers` are HOST or HOST:PORT; `lines` are Modbus lines. `seconds` is how long to listen."""

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
    """A value that belongs in secrets.yaml under this name."""

    name: str


Nested = str | int | bool | Sequence[Mapping[str, "Nested"]]
"""A value inside a list: units, and inputs in units."""
Value = str | int | bool | SecretRef | Sequence[Mapping[str, Nested]]


@dataclass(frozen=True, slots=True)
class DiscoveredDevice:
    """`entry` is what its driver needs, in order; `summary` and `notes` are for people.

    `extra_entries` are further entries that may be useful; they are written as comments.
    """

    id: str
    kind: str
    name: str
    address: str
    summary: str = ""
    notes: Sequence[str] = ()
    entry: Mapping[str, Value] = field(default_factory=dict)
    extra_entries: Sequence[Mapping[str, Value]] = ()
