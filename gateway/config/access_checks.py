"""Checks of access.yaml across devices, and of names within it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gateway.config.access import AccessSettings, DoorSection, ReaderSection
from gateway.config.configuration import DeviceEntry
from gateway.config.desk_checks import actions_of
from gateway.config.document import Document
from gateway.settings.mend import Loc, did_you_mean

FACE_CLAUSE = "《人脸识别技术应用安全管理办法》第十条 (in force since 2025-06-01)"
"""A face must not be the only way where another way serves the same purpose."""


def check_access(document: Document, access: AccessSettings, devices: Sequence[DeviceEntry]) -> None:
    """Add the mistakes to the document. Devices that do not exist are noted already."""
    by_id = {device.id: entry for entry in devices for device in (entry.device, *entry.parts)}
    doors, readers = dict[str, int](), dict[str, str]()
    for index, door in enumerate(access.doors):
        loc: Loc = ("doors", index)
        if doors.setdefault(door.device, index) != index:
            document.add_mistake((*loc, "device"), f"{door.device!r} is listed twice", "write each door once")
        _check_command(document, loc, door, by_id)
        _check_readers(document, loc, door, readers)
        _check_names(document, loc, door, access)
        _check_kinds(document, loc, door)
        _check_face(document, loc, door)


def _check_command(document: Document, loc: Loc, door: DoorSection, by_id: dict[str, DeviceEntry]) -> None:
    device = door.open.device or door.device
    if device not in by_id:
        return
    actions, opening = actions_of(by_id[device], device), door.open
    at: Loc = (*loc, "open") if "open" in door.model_fields_set else (*loc, "device")
    if opening.action not in actions:
        what = f"{device!r} takes no command {opening.action!r}"
        mend = did_you_mean(opening.action, actions, "set open.action to one of") if actions else "choose what opens"
        document.add_mistake((*at, "action") if "action" in opening.model_fields_set else at, what, mend)
        return
    names = [*opening.arguments, *([opening.floors_as] if opening.floors_as else [])]
    for name in names:
        if name not in actions[opening.action]:
            what = f"{opening.action!r} of {device!r} takes no argument {name!r}"
            document.add_mistake(at, what, did_you_mean(name, actions[opening.action]))


def _check_readers(document: Document, loc: Loc, door: DoorSection, taken: dict[str, str]) -> None:
    for number, reader in enumerate(door.readers):
        at: Loc = (*loc, "readers", number, "device")
        if reader.device in taken:
            what = f"reader {reader.device!r} is listed at {taken[reader.device]!r} already"
            document.add_mistake(at, what, "a reader belongs to one door")
        taken.setdefault(reader.device, door.device)


def _check_names(document: Document, loc: Loc, door: DoorSection, access: AccessSettings) -> None:
    for at, noun, name, known in _references(loc, door, access):
        if name not in known:
            what = f"{noun} {name!r} does not exist"
            document.add_mistake(at, what, did_you_mean(name, known) if known else f"add it under '{noun}s'")
    if door.device in door.interlock:
        at = (*loc, "interlock", door.interlock.index(door.device))
        document.add_mistake(at, "a door can't wait for itself", "name the other door")


def _references(loc: Loc, door: DoorSection, access: AccessSettings) -> Iterator[tuple[Loc, str, str, Collection[str]]]:
    """Each name that a door refers to: where, what it is, the name, and those that there are."""
    for number, right in enumerate(door.allow):
        at: Loc = (*loc, "allow", number)
        yield from (((*at, "groups", n), "group", group, access.groups) for n, group in enumerate(right.groups))
        if right.schedule is not None:
            yield (*at, "schedule"), "schedule", right.schedule, access.schedules
    entries: list[tuple[Loc, DoorSection | ReaderSection]] = [(loc, door)]
    entries += [((*loc, "readers", number), reader) for number, reader in enumerate(door.readers)]
    for at, entry in entries:
        for key in ("enters", "leaves"):
            zone = getattr(entry, key)
            if zone is not None:
                yield (*at, key), "zone", zone, access.zones


def _check_kinds(document: Document, loc: Loc, door: DoorSection) -> None:
    """Note kinds of a reader or a right that the door does not take: they would never count."""
    lists = [((*loc, "readers", number, "kinds"), reader.kinds) for number, reader in enumerate(door.readers)]
    lists += [((*loc, "allow", number, "kinds"), right.kinds) for number, right in enumerate(door.allow)]
    for at, kinds in lists:
        for kind in kinds:
            if kind not in door.kinds:
                document.add_mistake(at, f"the door does not take {kind!r}", "add it to the door's `kinds`")


def _check_face(document: Document, loc: Loc, door: DoorSection) -> None:
    """Note a door, or what it is to somebody, that has no other way than the face. A guard who opens is none."""
    for at, residents in [(loc, None), *_with_faces(loc, door)]:
        rights = door.allow if residents is None else [one for one in door.allow if set(one.residents) & residents]
        ways = {kind for right in rights for kind in (right.kinds or door.kinds)} & set(door.kinds)
        ways &= _presented(door)
        if ways - {"remote"} == {"face"}:
            what = "a face would be the only way in, which the law forbids"
            mend = f"add another kind, such as card or pin: {FACE_CLAUSE}"
            document.add_mistake((*at, "kinds") if residents is not None else at, what, mend)
            return


def _with_faces(loc: Loc, door: DoorSection) -> list[tuple[Loc, set[str]]]:
    """Rights for residents that name the face alone."""
    return [
        ((*loc, "allow", number), set(right.residents))
        for number, right in enumerate(door.allow)
        if right.residents and right.kinds == ("face",)
    ]


def _presented(door: DoorSection) -> set[str]:
    """The kinds that somebody can present there: readers that name theirs bring no others. Phones need no reader."""
    if not door.readers or any(not reader.kinds for reader in door.readers):
        return set(door.kinds)
    return {"phone", "remote", *(kind for reader in door.readers for kind in reader.kinds)}
