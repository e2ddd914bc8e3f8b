"""The contract a rule keeps: a pure generator, signals and wake-ups in, decisions out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from gateway.model import Decisions, Device, Place, Signal, Wake, Words

Watch = Generator[Decisions, Signal | Wake, None]


class RuleSettings(BaseModel):
    """What the YAML may say about a rule of this kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Compound:
    """What a rule may know of the world: read-only, and no more than this."""

    name: str
    devices: Mapping[str, Device]
    places: Mapping[str, Place]

    def place_name(self, path: str) -> Words:
        """The place's full name; the compound's own for the empty path."""
        place = self.places.get(path)
        return place.name if place else Words(path or self.name, path or self.name)

    def device_name(self, device_id: str) -> str:
        device = self.devices.get(device_id)
        return device.name if device else device_id

    def place_of(self, device_id: str) -> str:
        device = self.devices.get(device_id)
        return device.place if device else ""

    def where(self, device_id: str) -> Words:
        """The place and the device as a guard would say them, without saying anything twice."""
        place, device = self.place_name(self.place_of(device_id)), self.device_name(device_id)
        return Words(_joined(place.zh, device, f" {device}"), _joined(place.en, device, f" ({device})"))


def _joined(place: str, device: str, after: str) -> str:
    if place in device:
        return device
    return place if device in place else f"{place}{after}"


class Rule(ABC):
    """Reads no clock, no store, no socket. `watch` is primed, then fed in the journal's order.

    It is sent a Signal or a Wake and yields its decisions on it, `()` for none:

        decisions: Decisions = ()
        while True:
            event = yield decisions
            decisions = ...

    `self.compound` is another one once the configuration has changed: look into it when it matters, keep no copy.
    A rule whose settings changed is built anew, with `held`, and fed from there on.
    """

    Settings: ClassVar[type[RuleSettings]] = RuleSettings
    KINDS: ClassVar[Collection[str]] = ()
    """The signal kinds it is sent; empty means all."""
    HORIZON: ClassVar[timedelta] = timedelta(hours=1)
    """How far back it must be fed again after a crash to know what it knew."""

    def __init__(self, name: str, settings: Any, compound: Compound) -> None:
        self.name = name
        self.settings = settings
        self.compound = compound

    @abstractmethod
    def watch(self, held: frozenset[str]) -> Watch:
        """`held`: the keys of the alerts this rule has open, unrestored, when it starts."""
