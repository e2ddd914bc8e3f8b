"""The result of `load`: the typed and checked configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from gateway.config.access import AccessSettings
from gateway.config.compound import CompoundSettings
from gateway.config.desk import DeskSettings
from gateway.config.desk.notifiers import NotifierCommon
from gateway.config.plan import PlanSettings
from gateway.config.residents import ResidentsSettings
from gateway.driver import Driver, DriverSettings
from gateway.errors import Mistake
from gateway.model import Device, Place
from gateway.notifier import Notifier, NotifierSettings
from gateway.rule import Rule, RuleSettings


@dataclass(frozen=True)
class DeviceEntry:
    """One entry of devices.yaml; `parts` are the devices that are reached through it."""

    device: Device
    driver: type[Driver]
    settings: DriverSettings
    parts: tuple[Device, ...] = ()


@dataclass(frozen=True)
class RuleEntry:
    """One entry of rules.yaml; `fingerprint` changes with its settings and with its code."""

    id: str
    rule: type[Rule]
    settings: RuleSettings
    fingerprint: str


@dataclass(frozen=True)
class NotifierEntry:
    """One entry of the list `notifiers` in desk.yaml."""

    common: NotifierCommon
    notifier: type[Notifier]
    settings: NotifierSettings

    @property
    def id(self) -> str:
        """The id by which escalation steps and reports name it."""
        return self.common.id

    def is_same_channel(self, other: NotifierEntry) -> bool:
        """Whether messages go the same way: what was proved of one holds for the other."""
        return (self.notifier, self.settings) == (other.notifier, other.settings)

    @property
    def give_up_after(self) -> timedelta:
        """After which time a message is undelivered."""
        return self.common.give_up_after or self.notifier.USEFUL_FOR


@dataclass(frozen=True)
class Configuration:
    """`text` is all files as they were read, secrets masked; `fingerprint` its SHA-256."""

    directory: Path
    compound: CompoundSettings
    devices: tuple[DeviceEntry, ...]
    rules: tuple[RuleEntry, ...]
    places: Mapping[str, Place]
    text: str
    fingerprint: str
    desk: DeskSettings = field(default_factory=DeskSettings)
    notifiers: tuple[NotifierEntry, ...] = ()
    plan: PlanSettings = field(default_factory=PlanSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    residents: ResidentsSettings = field(default_factory=ResidentsSettings)
    hints: tuple[Mistake, ...] = ()
    """Likely mistakes that are not errors."""

    def all_devices(self) -> dict[str, Device]:
        """Every device and part, by id."""
        return {device.id: device for entry in self.devices for device in (entry.device, *entry.parts)}
