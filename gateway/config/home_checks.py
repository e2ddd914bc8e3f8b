"""Checks of residents.yaml's `homes` across devices and notifiers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.config.configuration import DeviceEntry
from gateway.config.document import Document
from gateway.config.residents import HomeSection
from gateway.settings.mend import did_you_mean


def check_homes(
    document: Document, homes: Sequence[HomeSection], devices: Sequence[DeviceEntry], notifiers: Collection[str]
) -> None:
    """Note notifiers that do not exist, and sirens that can't be switched on and off."""
    for index, home in enumerate(homes):
        for number, name in enumerate(home.notify):
            if name not in notifiers:
                what = f"there is no notifier {name!r} in desk.yaml"
                mend = did_you_mean(name, notifiers) if notifiers else "add one there"
                document.add_mistake(("homes", index, "notify", number), what, mend)
        for number, siren in enumerate(home.sirens):
            if missing := {"on", "off"} - _actions(siren, devices):
                what = f"{siren!r} takes no command {min(missing)!r}"
                document.add_mistake(("homes", index, "sirens", number), what, "choose a device with on and off")


def _actions(device: str, devices: Sequence[DeviceEntry]) -> set[str]:
    for entry in devices:
        if entry.device.id == device:
            return set(entry.driver.actions(entry.settings))
        for part in entry.driver.parts(entry.settings):
            if part.id == device:
                return set(part.actions)
    return {"on", "off"}  # a device that does not exist is told already
