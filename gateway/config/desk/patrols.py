"""The section `patrols` of desk.yaml: checkpoints, and the rounds that guards walk past them (巡更)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from gateway.config.compound import Name
from gateway.config.desk.round_times import EVERY_DAY, Day, TimeOfDay
from gateway.model import Severity
from gateway.settings.context import DeviceRef, PlaceRef
from gateway.settings.durations import Duration, PositiveDuration, max_duration, parse_duration
from gateway.settings.mend import Wrong, did_you_mean
from gateway.settings.section import Section
from gateway.settings.selection import SeverityWord

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="short and permanent")]
User = Annotated[str, Field(min_length=1, max_length=200)]
_DAY = max_duration(timedelta(days=1))


class PatrolCheckpoint(Section):
    """One checkpoint. `anju checkpoints print` makes its QR code."""

    id: Id
    name: Annotated[Name, Field(description="shown to guards and printed below the code")]
    place: Annotated[PlaceRef, Field(description="where alerts and findings of this checkpoint belong")]
    reader: Annotated[
        DeviceRef | None,
        Field(description="a card reader or door at this checkpoint: a guard's card there counts as a scan"),
    ] = None


class GuardCard(Section):
    """Whose card it is, at the readers of checkpoints."""

    card: Annotated[str, Field(min_length=1, max_length=100, description="its number, as the reader reports it")]
    user: Annotated[User, Field(description="the guard's account")]


class PatrolRound(Section):
    """One round: which checkpoints, when, and how long it may take."""

    id: Id
    name: Name
    checkpoints: Annotated[tuple[str, ...], Field(min_length=1, max_length=100, description="ids, in walking order")]
    times: Annotated[tuple[TimeOfDay, ...], Field(min_length=1, max_length=48, description="when a round is to begin")]
    days: Annotated[tuple[Day, ...], Field(min_length=1, description="on which days it begins")] = EVERY_DAY
    tolerance: Annotated[
        PositiveDuration, _DAY, Field(description="how much earlier or later the first checkpoint may be scanned")
    ] = parse_duration("15m")
    shortest: Annotated[
        Duration, _DAY, Field(description="walking from one checkpoint to the next takes at least this long")
    ] = parse_duration("20s")
    longest: Annotated[
        PositiveDuration, _DAY, Field(description="after this time without the next checkpoint, that one is missed")
    ] = parse_duration("15m")
    in_order: Annotated[bool, Field(description="whether another order than the given one is an alert")] = True
    who: Annotated[
        tuple[User, ...], Field(max_length=100, description="accounts whose scans count; empty: any guard's")
    ] = ()
    severity: Annotated[SeverityWord, Field(description="of a missed round or checkpoint")] = Severity.MEDIUM


class PatrolSection(Section):
    """Checkpoints and rounds. Without rounds a scan is recorded, and nothing is expected."""

    checkpoints: Annotated[
        tuple[PatrolCheckpoint, ...], Field(max_length=500, description="where guards scan; each has a QR code")
    ] = ()
    cards: Annotated[tuple[GuardCard, ...], Field(max_length=500, description="whose card counts at readers")] = ()
    rounds: Annotated[tuple[PatrolRound, ...], Field(max_length=100, description="what is to be walked, and when")] = ()
    late: Annotated[
        PositiveDuration,
        max_duration(timedelta(days=7)),
        Field(description="scans that a phone kept count when they are delivered at most this much later"),
    ] = parse_duration("24h")

    @model_validator(mode="after")
    def _consistent(self) -> PatrolSection:
        _no_duplicates("checkpoints", [one.id for one in self.checkpoints])
        _no_duplicates("rounds", [one.id for one in self.rounds])
        readers = [one.reader for one in self.checkpoints]
        for index, reader in enumerate(readers):
            if reader is not None and reader in readers[:index]:
                what = f"reader {reader!r} is at two checkpoints"
                raise Wrong(what, "a card there could mean either", ("checkpoints", index, "reader"))
        known = {one.id for one in self.checkpoints}
        for index, each in enumerate(self.rounds):
            for position, name in enumerate(each.checkpoints):
                at = ("rounds", index, "checkpoints", position)
                if name not in known:
                    raise Wrong(f"checkpoint {name!r} does not exist", did_you_mean(name, known), at)
                if name in each.checkpoints[:position]:
                    raise Wrong(f"checkpoint {name!r} is twice in this round", "make it two rounds", at)
            if each.shortest >= each.longest:
                what = "'shortest' is not shorter than 'longest'"
                raise Wrong(what, "give the time that walking takes", ("rounds", index, "shortest"))
        return self


def _no_duplicates(key: str, ids: list[str]) -> None:
    for index, one in enumerate(ids):
        if one in ids[:index]:
            raise Wrong(f"id {one!r} is given twice", "choose another", (key, index, "id"))
