"""The contract of a rule: a state and an event in, decisions out. The state is plain data, saved and loaded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from gateway.model import Decisions, Device, Event, Place, Register, Signal, Words


class RuleSettings(BaseModel):
    """What the YAML may say about a rule of this kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Compound:
    """What a rule may know of the compound: read-only, replaced as a whole when it changes."""

    name: str
    devices: Mapping[str, Device]
    places: Mapping[str, Place]
    register: Register = field(default_factory=Register)
    """Who lives here, and their vehicles."""
    own_zones: frozenset[tuple[str, int | None]] = frozenset()
    """Detectors of homes that the gateway arms itself, as device and number: its own rule decides on their alarms."""

    def place_name(self, path: str) -> Words:
        """The place's full name; the compound's own for the empty path."""
        place = self.places.get(path)
        return place.name if place else Words(path or self.name, path or self.name)

    def device_name(self, device_id: str) -> str:
        """The device's name in the YAML; its id when there is no such device."""
        device = self.devices.get(device_id)
        return device.name if device else device_id

    def place_of(self, device_id: str) -> str:
        """The path of the device's place; empty when there is no such device."""
        device = self.devices.get(device_id)
        return device.place if device else ""

    def arms(self, signal: Signal) -> bool:
        """Whether it is an alarm of a zone that the gateway arms itself: the rule `home-areas` decides on that."""
        if signal.kind != "zone.alarm" or not self.own_zones:
            return False
        number = signal.data.get("zone")
        number = int(number) if isinstance(number, str) and number.isascii() and number.isdigit() else number
        return not self.own_zones.isdisjoint({(signal.device, number), (signal.device, None)})

    def where(self, device_id: str) -> Words:
        """Place and device in one phrase, without repeating a name that is part of the other."""
        place, device = self.place_name(self.place_of(device_id)), self.device_name(device_id)
        return Words(_joined(place.zh, device, f" {device}"), _joined(place.en, device, f" ({device})"))


def _joined(place: str, device: str, after: str) -> str:
    if place in device:
        return device
    return place if device in place else f"{place}{after}"


class Rule(ABC):
    """Reads no clock, no store and no socket. Everything it remembers between two events is in its state.

    `start` makes the state. `on` takes one event after another, in the journal's order, changes the state and
    returns decisions, `()` for none. Events are signals of devices, wake-ups that the rule asked for, and actions of
    people. The state is saved with pydantic about twice a minute and at a clean stop. A restart loads it and feeds
    the rule what came after, so the rule decides as if it had never stopped.

    `self.compound` is replaced when the configuration or the register of people changes: read it when needed, keep
    no copy. A rule whose settings changed is built anew, with `held`, and fed what comes from then on.
    """

    Settings: ClassVar[type[RuleSettings]] = RuleSettings
    KINDS: ClassVar[Collection[str]] = ()
    """The kinds of signals and of people's actions it is fed. Empty means all signals and no action."""
    State: ClassVar[Any] = None
    """The type of its state: a dataclass of numbers, texts, times, lists, sets and dicts. None: it has no state.

    It must be the same after conversion to JSON and back. Annotate precise types where order or type matters
    (OrderedDict), and use no deque with a maxlen, which comes back without it.
    """
    VERSION: ClassVar[int] = 1
    """Raise it by one when a state saved before would mean something else now."""
    HORIZON: ClassVar[timedelta] = timedelta(hours=1)
    """How far back in the journal it is fed again when no saved state fits."""

    def __init__(self, name: str, settings: Any, compound: Compound) -> None:
        self.name = name
        self.settings = settings
        self.compound = compound

    def kinds(self, held: frozenset[str]) -> Collection[str]:  # noqa: ARG002  # for rules that override it
        """KINDS, or fewer of them where its settings make some irrelevant; `held` as for `start`."""
        return self.KINDS

    def start(self, held: frozenset[str]) -> Any:  # noqa: ARG002  # for rules that override it
        """The state before the first event. `held`: the keys of the alerts this rule has open and unrestored."""
        return None

    def answers_for(self, signal: Signal) -> bool:
        """Whether this rule decides on the signal, even if it decides that nothing is to be done.

        An alarm that no rule answers for raises an alert of its own. Override it when `on` ignores more than KINDS
        and the settings' `covers` say.
        """
        covers = getattr(self.settings, "covers", None)
        heard = not self.KINDS or signal.kind in self.KINDS
        return heard and (covers is None or bool(covers(signal.device, self.compound)))

    @abstractmethod
    def on(self, state: Any, event: Event) -> Decisions:
        """The decisions on one event; changes `state` in place."""
