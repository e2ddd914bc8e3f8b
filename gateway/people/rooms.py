"""Which rooms get a door plate, and the compound's data printed on it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gateway.config import CompoundSettings, Configuration, load
from gateway.config.places import read_places
from gateway.config.residents import DoorPlateSection
from gateway.errors import AnjuError
from gateway.model import Place
from gateway.store import journal

_SECTION = re.compile(r"^# .*devices\.yaml$", re.MULTILINE)
_MASKED = re.compile(r"(:\s*)\*\*\*")


_RESIDENTS = re.compile(r"^# residents\.yaml$(.*?)(?=^# \S+\.yaml$|\Z)", re.MULTILINE | re.DOTALL)


class NoConfiguration(AnjuError):
    """No folder was given, and the journal has no configuration."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """`rooms`: paths of the buildings' rooms; `places`: these and all other places."""

    compound: str
    phone: str
    public_url: str
    places: Mapping[str, Place]
    rooms: tuple[str, ...]
    door_plates: DoorPlateSection = field(default_factory=DoorPlateSection)
    """What residents.yaml says of them."""

    def chosen(self, inhabited: Iterable[str], prefixes: Iterable[str] = ()) -> list[str]:
        """All rooms and other inhabited places; with `prefixes` only those at or below one of them."""
        below = [prefix.strip("/") for prefix in prefixes]
        every = dict.fromkeys((*self.rooms, *(place for place in inhabited if place in self.places)))
        return [room for room in every if not below or any(_below(room, prefix) for prefix in below)]


def rooms_from_folder(folder: Path) -> Rooms:
    """Read the YAML in `folder`; raises ConfigError with its mistakes."""
    configuration: Configuration = load(folder)
    compound: CompoundSettings = configuration.compound
    ids = [building.id for building in compound.buildings]
    return Rooms(
        compound.name,
        compound.property_phone,
        str(compound.public_url).rstrip("/"),
        configuration.places,
        tuple(_rooms(configuration.places, ids)),
        configuration.residents.door_plates,
    )


def rooms_from_journal(connection: sqlite3.Connection) -> Rooms:
    """Read the newest configuration in the journal. Raises NoConfiguration."""
    text = journal.last_configuration(connection)
    tree = _compound_yaml(text) if text is not None else None
    if tree is None:
        raise NoConfiguration("this gateway has not run yet: give --config DIR, the folder of compound.yaml")
    places, _ = read_places(tree)
    ids = [str(building.get("id")) for building in tree.get("buildings", ()) if isinstance(building, dict)]
    phone = str(tree.get("property_phone", ""))
    rooms, section = tuple(_rooms(places, ids)), _door_plates(text or "")
    return Rooms(str(tree["name"]), phone, _public_url(tree), places, rooms, section)


def _door_plates(configuration: str) -> DoorPlateSection:
    """The section of residents.yaml in a configuration as stored; the defaults where it has none."""
    found = _RESIDENTS.search(configuration)
    try:
        tree: Any = YAML(typ="safe").load(found[1]) if found else None
        section = tree.get("door_plates") if isinstance(tree, dict) else None
        return DoorPlateSection.model_validate(section or {})
    except (YAMLError, ValidationError):  # a secret of another section is masked, or a key is of another version
        return DoorPlateSection()


def _rooms(places: Iterable[str], buildings: list[str]) -> Iterator[str]:
    room = re.compile(rf"(?:{'|'.join(map(re.escape, buildings))})/u\d+/\d+") if buildings else None
    return (path for path in places if room and room.fullmatch(path))


def _compound_yaml(text: str) -> dict[str, Any] | None:
    """The first file of a configuration as stored: each file begins with `# NAME`, and secrets are `***`."""
    # `***` alone would be a YAML alias and fail to parse.
    text = _MASKED.sub(r'\1"***"', text)
    # A comment in the file may look like the next file's heading: try each until the text before it parses.
    for end in _SECTION.finditer(text):
        try:
            tree = YAML(typ="rt").load(text[: end.start()])
        except YAMLError:
            continue
        if isinstance(tree, dict) and "name" in tree:
            return tree
    return None


def _public_url(tree: Mapping[str, Any]) -> str:
    http = tree.get("http") or {}
    listen = http.get("listen", "127.0.0.1:8080")
    return str(tree.get("public_url") or f"{'https' if http.get('tls') else 'http'}://{listen}").rstrip("/")


def _below(place: str, prefix: str) -> bool:
    return place == prefix or place.startswith(f"{prefix}/")
