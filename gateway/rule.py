"""The contract a rule keeps: a state and an event in, decisions out. Its state is plain data, saved and loaded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from gateway.model import Decisions, Device, Place, Signal, Wake, Words


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
    """Reads no clock, no store, no socket. Whatever it remembers between two events is in its state, nowhere else.

    `start` makes the state, `on` takes one event after the other in the journal's order, changes the state and
    returns the decisions, `()` for none. The state is saved with pydantic about twice a minute and at a clean stop.
    A restart loads it and feeds the rule what came after, so the rule decides as if it had never stopped.

    `self.compound` is another one once the configuration has changed: look into it when it matters, keep no copy.
    A rule whose settings changed is built anew, with `held`, and fed from there on.
    """

    Settings: ClassVar[type[RuleSettings]] = RuleSettings
    KINDS: ClassVar[Collection[str]] = ()
    """The signal kinds it is sent; empty means all."""
    State: ClassVar[Any] = None
    """The type of its state: a dataclass of numbers, texts, times, lists, sets and dicts. None: it remembers nothing.

    It must be the same after JSON and back. Annotate what the order or the type matters of (OrderedDict), and use
    no deque with a maxlen, which comes back without it.
    """
    VERSION: ClassVar[int] = 1
    """One more whenever a state that was saved before would mean something else now."""
    HORIZON: ClassVar[timedelta] = timedelta(hours=1)
    """Where no saved state fits: how far back it is fed again to know what it knew."""

    def __init__(self, name: str, settings: Any, compound: Compound) -> None:
        self.name = name
        self.settings = settings
        self.compound = compound

    def kinds(self, held: frozenset[str]) -> Collection[str]:  # noqa: ARG002  # for rules that override it
        """KINDS, or fewer of them where its settings make it deaf to some; `held` as for `start`."""
        return self.KINDS

    def start(self, held: frozenset[str]) -> Any:  # noqa: ARG002  # for rules that override it
        """The state before the first event. `held`: the keys of the alerts this rule has open and unrestored."""
        return None

    @abstractmethod
    def on(self, state: Any, event: Signal | Wake) -> Decisions:
        """The decisions on one event; `state` is changed in place."""
