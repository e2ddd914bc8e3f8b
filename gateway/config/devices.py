"""Reads devices.yaml: each entry has the keys of all devices and those of its driver side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from gateway.config.configuration import DeviceEntry
from gateway.config.document import Document
from gateway.config.entries import UniqueIds, YamlEntry, entry_rows, read_entry
from gateway.config.ids import Id, check_id
from gateway.config.kinds import find_driver
from gateway.driver import Driver, DriverSettings, Part
from gateway.model import Device, DeviceType
from gateway.settings.context import Context, KnownNames, PlaceRef
from gateway.settings.durations import PositiveDuration
from gateway.settings.mend import Loc, Wrong, did_you_mean
from gateway.settings.section import Section


class DeviceCommon(Section):
    """Keys that every device has."""

    id: Annotated[Id, Field(description="short and permanent; also its topic in MQTT")]
    kind: Annotated[str, Field(description="the driver: drivers/<kind>.py, or a third party's module with a dot")]
    name: Annotated[str, Field(min_length=1, max_length=80, description="the name shown to guards")]
    place: Annotated[PlaceRef, Field(description="a place of compound.yaml")]
    type: Annotated[DeviceType | None, Field(description="the type shown to guards, if not the driver's")] = None
    cadence: Annotated[
        PositiveDuration | None, Field(description="without a message for this long the device counts as silent")
    ] = None


class DevicesFile(Section):
    """devices.yaml"""

    devices: list[Any]


@dataclass(frozen=True, slots=True)
class LoadedDevices:
    """The valid entries with their positions, and all ids for checking references."""

    entries: tuple[DeviceEntry, ...]
    locs: tuple[Loc, ...]
    known: KnownNames


def read_devices(document: Document, context: Context) -> LoadedDevices:
    """Read every entry of devices.yaml; mistakes are added to the document."""
    found: list[tuple[Loc, DeviceEntry]] = []
    ids, doubt = UniqueIds(document), document.tree is None
    for loc, row in entry_rows(document, DevicesFile, "devices", context):
        ids.add(row.get("id"), (*loc, "id"))
        entry = read_entry(document, loc, row, DeviceCommon, find_driver, context)
        made = _make(document, entry, row, ids, context)
        if made is not None:
            found.append((loc, made))
        elif entry.settings is None and (entry.kind is None or _may_have_parts(entry.kind)):
            doubt = True  # its parts are unknown: references to missing devices may mean one of them
    known = KnownNames(frozenset(ids), ("",) if doubt else ())
    return LoadedDevices(tuple(entry for _, entry in found), tuple(loc for loc, _ in found), known)


def _may_have_parts(driver: type[Driver]) -> bool:
    # The contract's own `parts` returns none: only a driver that overrides it can have parts.
    return getattr(driver.parts, "__func__", None) is not getattr(Driver.parts, "__func__", None)


def _make(
    document: Document,
    entry: YamlEntry[DeviceCommon, type[Driver]],
    row: dict[str, Any],
    ids: UniqueIds,
    context: Context,
) -> DeviceEntry | None:
    common, driver, settings = entry.common, entry.kind, entry.settings
    if driver is None or not isinstance(settings, DriverSettings):
        return None
    parts = list(driver.parts(settings))
    _check_parts(document, entry.loc, row, parts, ids, context)
    if common is None:  # its parts' ids are noted all the same, for references to them
        return None
    device = Device(
        id=common.id,
        kind=common.kind,
        type=common.type or driver.TYPE,
        name=common.name,
        place=common.place,
        cadence=common.cadence,
    )
    return DeviceEntry(device, driver, settings, _part_devices(parts, device))


def _check_parts(
    document: Document, loc: Loc, row: dict[str, Any], parts: Sequence[Part], ids: UniqueIds, context: Context
) -> None:
    used: set[Loc] = set()  # two parts with one id are written at two positions
    for part in parts:
        at = next((found for found in _find(row, part.id, loc) if found not in used), loc)
        used.add(at)
        ids.add(part.id, at)
        _check_part(document, at, row, loc, part, context)


def _part_devices(parts: Sequence[Part], on: Device) -> tuple[Device, ...]:
    """The parts as devices: each belongs to the part it names, which must come before it, else to the device."""
    hosts: dict[str | None, Device] = {None: on, on.id: on}
    for part in parts:
        host, place = hosts[part.on], part.place or on.place
        hosts[part.id] = Device(part.id, on.kind, part.type, part.name, place, part.cadence, part_of=host.id)
    return tuple(hosts[part.id] for part in parts)


def _check_part(document: Document, at: Loc, row: dict[str, Any], loc: Loc, part: Part, context: Context) -> None:
    try:
        check_id(part.id)
    except Wrong as wrong:
        document.add_mistake(at, wrong.what, wrong.mend)
    if part.place is not None and context.places.lacks(part.place):
        place = next(_find(_at(row, loc, at[:-1]), part.place, at[:-1]), at)
        mend = did_you_mean(part.place, context.places.names)
        mark = document.mark(place)
        # The settings may have checked the same place: one mistake a line is enough.
        if not any(mark.line == other.line and part.place in other.what for other in document.mistakes):
            document.add_mistake(place, f"place {part.place!r} does not exist", mend)


def _find(tree: Any, value: str, loc: Loc) -> Iterator[Loc]:
    """Positions below `loc` that have `value` as value or key."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, below in items:
        if value in (below, key):
            yield (*loc, key)
        yield from _find(below, value, (*loc, key))


def _at(row: dict[str, Any], base: Loc, loc: Loc) -> Any:
    tree: Any = row
    for part in loc[len(base) :]:
        tree = tree[part]
    return tree
