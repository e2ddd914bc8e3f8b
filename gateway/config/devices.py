"""devices.yaml: every device, with the keys all have and those of its driver beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gateway.config.configuration import DeviceEntry
from gateway.config.document import Document
from gateway.config.entries import Ids, YamlEntry, read_entry, rows
from gateway.config.kinds import find_driver
from gateway.driver import Driver, DriverSettings, Part
from gateway.model import DEVICE_ID, Device, DeviceType
from gateway.settings.context import Context, Known, PlaceRef
from gateway.settings.durations import PositiveDuration
from gateway.settings.mend import Loc, Wrong, did_you_mean
from gateway.settings.section import Section

RESERVED = frozenset({"anju"})
"""The gateway itself, as the device of its own signals."""


def check_id(value: str) -> str:
    """An id is a topic of MQTT and a part of URLs as well; raises Wrong."""
    if not DEVICE_ID.fullmatch(value):
        raise Wrong(f"{value!r} is no id", "use a-z, 0-9, '-' and '_', at most 63 characters, a letter or digit first")
    if value in RESERVED:
        raise Wrong(f"id {value!r} is the gateway's own", "choose another")
    return value


Id = Annotated[str, AfterValidator(check_id)]


class DeviceCommon(Section):
    """What every device may say."""

    id: Annotated[Id, Field(description="short and lasting; also its topic in MQTT")]
    kind: Annotated[str, Field(description="the driver: drivers/<kind>.py, or a third party's module with a dot")]
    name: Annotated[str, Field(min_length=1, max_length=80, description="what the guard reads")]
    place: Annotated[PlaceRef, Field(description="a place of compound.yaml")]
    type: Annotated[DeviceType | None, Field(description="what it is to the guard, if not what its driver says")] = None
    cadence: Annotated[
        PositiveDuration | None, Field(description="how long it may say nothing before it counts as silent")
    ] = None


class DevicesFile(Section):
    """devices.yaml"""

    devices: list[Any]


@dataclass(frozen=True, slots=True)
class DevicesFound:
    """The entries that are right, where each stands, and every id for those who refer to one."""

    entries: tuple[DeviceEntry, ...]
    locs: tuple[Loc, ...]
    known: Known


def read_devices(document: Document, context: Context) -> DevicesFound:
    """Every entry of devices.yaml; the mistakes stand in the document."""
    found: list[tuple[Loc, DeviceEntry]] = []
    ids, doubt = Ids(document), document.tree is None
    for loc, row in rows(document, DevicesFile, "devices", context):
        ids.take(row.get("id"), (*loc, "id"))
        entry = read_entry(document, loc, row, DeviceCommon, find_driver, context)
        made = _make(document, entry, row, ids, context)
        if made is not None:
            found.append((loc, made))
        elif entry.settings is None and (entry.kind is None or _may_have_parts(entry.kind)):
            doubt = True
    known = Known(frozenset(ids), ("",) if doubt else ())
    return DevicesFound(tuple(entry for _, entry in found), tuple(loc for loc, _ in found), known)


def _may_have_parts(driver: type[Driver]) -> bool:
    return getattr(driver.parts, "__func__", None) is not getattr(Driver.parts, "__func__", None)


def _make(
    document: Document,
    entry: YamlEntry[DeviceCommon, type[Driver]],
    row: dict[str, Any],
    ids: Ids,
    context: Context,
) -> DeviceEntry | None:
    common, driver, settings = entry.common, entry.kind, entry.settings
    if driver is None or not isinstance(settings, DriverSettings):
        return None
    parts = list(driver.parts(settings))
    used: set[Loc] = set()
    for part in parts:
        at = next((loc for loc in _finds(row, part.id, entry.loc) if loc not in used), entry.loc)
        used.add(at)
        ids.take(part.id, at)
        _check_part(document, at, row, entry.loc, part, context)
    if common is None:
        return None
    device = Device(
        id=common.id,
        kind=common.kind,
        type=common.type or driver.TYPE,
        name=common.name,
        place=common.place,
        cadence=common.cadence,
    )
    return DeviceEntry(device, driver, settings, _hang(parts, device))


def _hang(parts: Sequence[Part], on: Device) -> tuple[Device, ...]:
    """Each on the part it names, which stands before it, so that nothing hangs on itself; others on the device."""
    hosts: dict[str | None, Device] = {None: on, on.id: on}
    for part in parts:
        host, place = hosts[part.on], part.place or on.place
        hosts[part.id] = Device(part.id, on.kind, part.type, part.name, place, part.cadence, part_of=host.id)
    return tuple(hosts[part.id] for part in parts)


def _check_part(document: Document, at: Loc, row: dict[str, Any], loc: Loc, part: Part, context: Context) -> None:
    try:
        check_id(part.id)
    except Wrong as wrong:
        document.wrong(at, wrong.what, wrong.mend)
    if part.place is not None and context.places.lacks(part.place):
        place = next(_finds(_at(row, loc, at[:-1]), part.place, at[:-1]), at)
        mend = did_you_mean(part.place, context.places.names)
        mark = document.mark(place)
        if not any(mark.line == told.line and part.place in told.what for told in document.mistakes):
            document.wrong(place, f"place {part.place!r} does not exist", mend)


def _finds(tree: Any, value: str, loc: Loc) -> Iterator[Loc]:
    """Where `value` is written below `loc`, as a value or as a key."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, below in items:
        if value in (below, key):
            yield (*loc, key)
        yield from _finds(below, value, (*loc, key))


def _at(row: dict[str, Any], base: Loc, loc: Loc) -> Any:
    tree: Any = row
    for part in loc[len(base) :]:
        tree = tree[part]
    return tree
