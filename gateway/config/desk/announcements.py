"""The section `announcements` of desk.yaml: fixed texts spoken by door stations and loudspeakers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from gateway.config.compound import Bilingual
from gateway.config.desk.commands import ActionName
from gateway.settings.context import DeviceRef
from gateway.settings.section import Section

AnnouncementId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class AnnouncementText(Bilingual):
    """What is said, in both languages. Longer than a name."""

    zh: Annotated[str, Field(min_length=1, max_length=300)]
    en: Annotated[str, Field(min_length=1, max_length=300)]


class TargetSection(Section):
    """A device that speaks, and how it is told to."""

    device: Annotated[DeviceRef, Field(description="a door station with `sounds`, or a loudspeaker")]
    action: Annotated[
        ActionName, Field(description="its command: announce; or on or pulse for a loudspeaker with a text of its own")
    ] = "announce"
    arguments: Annotated[
        Mapping[str, str | int | float | bool],
        Field(max_length=10, description="more arguments of the command, such as seconds"),
    ] = Field(default_factory=dict)


def _target(value: Any) -> Any:
    return {"device": value} if isinstance(value, str) else value


def _or_its_id(schema: dict[str, Any]) -> None:
    """In the YAML's schema: the section, or the device's id alone."""
    section = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string"}, section]


Target = Annotated[TargetSection, BeforeValidator(_target), Field(json_schema_extra=_or_its_id)]


class AnnouncementSection(Section):
    """One text. A device whose `announce` takes `announcement` and `text` is told both."""

    id: Annotated[AnnouncementId, Field(description="short and permanent; names the sound of a door station")]
    text: Annotated[AnnouncementText, Field(description="what is said: {zh: …, en: …}")]
    targets: Annotated[
        tuple[Target, ...],
        Field(min_length=1, max_length=50, description="ids of devices, or {device, action, arguments}"),
    ]
