"""What a standard wants, read from a data file that others can correct."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gateway.config.compound import Name
from gateway.errors import BadInput
from gateway.settings.section import Section

SHIPPED = "gbt21741.yaml"
Level = Literal[1, 2, 3]


class DeviceTest(Section):
    """There is a device of one of these types, at places of this sort (`share: all` at each of them)."""

    devices: Annotated[tuple[str, ...], Field(min_length=1)]
    at: Literal["gate", "wall", "unit", "building", "room", ""] = ""
    named: tuple[str, ...] = ()
    share: Literal["some", "all"] = "some"

    @field_validator("devices", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class CameraTest(Section):
    """There is a camera that watches for this, at places of this sort."""

    cameras: Literal["motion", "faces", "plates"]
    at: Literal["gate", "wall", "unit", "building", "room", ""] = ""


class WalkTestTest(Section):
    """All zones passed their last walk test."""

    walk_test: Literal["all"]


class SettingTest(Section):
    """A setting of the YAML, by a name that gateway/privacy/comply/check.py knows."""

    setting: Literal["video_days", "shifts", "patrols", "procedures", "linked_video"]


Test = DeviceTest | CameraTest | WalkTestTest | SettingTest | Literal["manual"]


class Requirement(Section):
    """One thing that a level wants. `level` 3 is wanted of everybody, 1 of the highest level alone."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,40}$")]
    level: Level
    clause: Annotated[str, Field(max_length=200)] = ""
    what: Name
    test: Annotated[Test | tuple[Test, ...], Field(description="one, or several that must all be met")]


class Standard(Section):
    """A standard as it was read. `reading` says by whom and when, and stands on every page made of it."""

    standard: Annotated[str, Field(min_length=1, max_length=120)]
    reading: Annotated[str, Field(min_length=1, max_length=300)]
    requirements: Annotated[tuple[Requirement, ...], Field(min_length=1, max_length=500)]

    @field_validator("requirements")
    @classmethod
    def _ids_are_unique(cls, value: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        ids = [one.id for one in value]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"these ids are there twice: {', '.join(twice)}")
        return value

    def wanted_at(self, level: int) -> list[Requirement]:
        """What this level wants: its own and that of the levels below it (3 is the lowest)."""
        return [one for one in self.requirements if one.level >= level]


def read_standard(file: Path | None = None) -> Standard:
    """The shipped reading, or one's own. Raises BadInput with each mistake."""
    text = file.read_text("utf-8") if file else (files("gateway.privacy.comply") / SHIPPED).read_text("utf-8")
    name = file.name if file else SHIPPED
    try:
        data: Any = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise BadInput(f"{name}: {error}", b"") from None
    if not isinstance(data, Mapping):
        raise BadInput(f"{name}: a mapping with `standard`, `reading` and `requirements` is expected", b"")
    try:
        return Standard.model_validate(data)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False)]
        raise BadInput(f"{name}: " + "; ".join(lines[:20]), b"") from None
