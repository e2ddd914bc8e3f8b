"""Checks of desk.yaml across devices: a tour's cameras are cameras, and what is to speak can."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gateway.config.configuration import DeviceEntry
from gateway.config.desk import DeskSettings
from gateway.config.desk.announcements import AnnouncementSection, TargetSection
from gateway.config.document import Document
from gateway.model import DeviceType
from gateway.settings.mend import Loc, did_you_mean


def check_desk(document: Document, desk: DeskSettings, entries: Collection[DeviceEntry]) -> None:
    """Note what the devices can't do. Devices that do not exist are noted already."""
    _check_tours(document, desk, entries)
    by_id = {device.id: entry for entry in entries for device in (entry.device, *entry.parts)}
    seen: set[str] = set()
    for index, announcement in enumerate(desk.announcements):
        loc: Loc = ("announcements", index)
        if announcement.id in seen:
            document.add_mistake((*loc, "id"), f"id {announcement.id!r} is used twice", "give each its own")
        seen.add(announcement.id)
        for number, target in enumerate(announcement.targets):
            if target.device in by_id:
                _check_target(document, (*loc, "targets", number), by_id[target.device], announcement, target)


def _check_tours(document: Document, desk: DeskSettings, entries: Collection[DeviceEntry]) -> None:
    types = {device.id: device.type for entry in entries for device in (entry.device, *entry.parts)}
    cameras = [device for device, kind in types.items() if kind is DeviceType.CAMERA]
    for index, tour in enumerate(desk.tours):
        for number, camera in enumerate(tour.cameras):
            if camera in types and camera not in cameras:
                loc = ("tours", index, "cameras", number)
                document.add_mistake(loc, f"{camera!r} is no camera", did_you_mean(camera, cameras))


def _check_target(
    document: Document, loc: Loc, entry: DeviceEntry, announcement: AnnouncementSection, target: TargetSection
) -> None:
    actions = actions_of(entry, target.device)
    if target.action not in actions:
        what = f"{target.device!r} takes no command {target.action!r}"
        mend = did_you_mean(target.action, actions) if actions else "choose a door station or a loudspeaker"
        document.add_mistake(loc, what, mend)
        return
    if unknown := sorted(set(target.arguments) - set(actions[target.action])):
        what = f"{target.action!r} of {target.device!r} takes no argument {unknown[0]!r}"
        document.add_mistake(loc, what, did_you_mean(unknown[0], actions[target.action]))
    sounds = getattr(entry.settings, "sounds", None)
    if target.action == "announce" and isinstance(sounds, Mapping) and announcement.id not in sounds:
        what = f"{entry.device.id!r} has no sound {announcement.id!r}"
        document.add_mistake(loc, what, f"add '{announcement.id}: FILE.wav' to its `sounds` in devices.yaml")


def actions_of(entry: DeviceEntry, device: str) -> Mapping[str, Collection[str]]:
    """The commands that a device or a part of the entry takes, each with the names of its arguments."""
    if device == entry.device.id:
        return entry.driver.actions(entry.settings)
    return next((part.actions for part in entry.driver.parts(entry.settings) if part.id == device), {})
