"""Which device is connected to which point of which unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway.protocols.contacts.barrier_spec import BarrierRelay, BarrierSensor, BarrierSpec
from gateway.protocols.contacts.contact import ContactSpec
from gateway.protocols.contacts.interlock import InterlockSpec
from gateway.protocols.contacts.output import OutputSpec


class Point(NamedTuple):
    """One bit of one unit: `table` is its kind of register, `bit` its place in a register of 16, else 0."""

    unit: int
    table: str
    number: int
    bit: int = 0


class CoilWrite(NamedTuple):
    """An output's point, and the state to write."""

    point: Point
    on: bool


@dataclass(frozen=True, slots=True)
class BarrierWiring:
    """A barrier, all of whose points are on one unit; a `normally_closed` sensor is active when its bit is 0."""

    spec: BarrierSpec
    relays: Mapping[BarrierRelay, Point]
    sensors: Mapping[BarrierSensor, Point]
    normally_closed: frozenset[BarrierSensor] = frozenset()


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which device is connected to which point."""

    contacts: Sequence[tuple[Point, ContactSpec]] = ()
    outputs: Sequence[tuple[Point, OutputSpec]] = ()
    barriers: Sequence[BarrierWiring] = ()
    interlocks: Sequence[InterlockSpec] = ()
