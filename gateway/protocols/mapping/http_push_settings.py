"""The YAML of a device that pushes by HTTP: where the values are in its bodies, and what its words mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.links.http_push_settings import PushSettings
from gateway.protocols.mapping.bodies import Format
from gateway.protocols.mapping.paths import Path
from gateway.protocols.mapping.settings import DeviceClock, PartSettings, check_unique_numbers
from gateway.settings.mend import Wrong
from gateway.settings.section import Section
from gateway.settings.signal_kind import SignalKind

MappedKind = SignalKind | Literal["alive", "ignored"]


class Paths(Section):
    """JMESPath expressions; with `each` the others start in each event."""

    each: Annotated[Path | None, Field(description="the list of events, where one body holds several")] = None
    what: Annotated[Path | None, Field(description="what happened; looked up in kinds")] = None
    state: Annotated[
        Path | None,
        Field(description="whether it begins or ends; an end is ignored unless kinds have it as 'WHAT STATE'"),
    ] = None
    zone: Annotated[Path | None, Field(description="the number of the zone or part")] = None
    at: Annotated[Path | None, Field(description="the device's time; see clock")] = None
    id: Annotated[Path | None, Field(description="the device's id of this event, to recognise a repeat")] = None
    data: Annotated[Mapping[str, Path], Field(description="further values for the signal, by name")] = {}


class HttpPushSettings(PushSettings):
    """The YAML of a device."""

    format: Annotated[
        Format | Literal["auto"], Field(description="of bodies; auto: found by their first bytes, else their type")
    ] = "auto"
    paths: Annotated[Paths, Field(description="where the values are in a body")]
    kinds: Annotated[
        Mapping[str, MappedKind], Field(description="the device's word: our kind; or alive, or ignored")
    ] = {}
    otherwise: Annotated[MappedKind | None, Field(description="for every other word; left out: a mistake")] = None
    zones: tuple[PartSettings, ...] = ()
    clock: DeviceClock = DeviceClock()
    answer: Annotated[str, Field(max_length=500, description="the response once all is committed")] = '{"ok": true}'

    @model_validator(mode="after")
    def _reports_something(self) -> Self:
        if self.paths.what is None and self.otherwise is None:
            raise Wrong("nothing in a body would say what happened", "give paths.what and kinds, or otherwise: KIND")
        if self.paths.what is not None and not self.kinds:
            raise Wrong("paths.what needs kinds to look it up in", "add 'kinds: {WORD: KIND}'", ("paths", "what"))
        check_unique_numbers(self.zones, "zones")
        return self
