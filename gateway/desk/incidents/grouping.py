"""Finds the open incident that a new alert belongs to, by place, household, neighbours, person and vehicle."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from gateway.config.desk import IncidentSection
from gateway.model import DRILL_STARTED, Alert, Event, Incident, Member, Relation, Signal, Wake

_ROOM = re.compile(r"(.+/u[0-9]+/[0-9]+)(/.*)?")
Key = tuple[str, str]


def subjects_of(event: Event) -> tuple[str, ...]:
    """The person or vehicle that an event is about, such as `vehicle:苏M12345`; empty for most."""
    if not isinstance(event, Signal):
        return ()
    person = event.data.get("person")
    plate = event.data.get("text") if event.kind == "plate.read" else None
    found = ((Relation.PERSON, person), (Relation.VEHICLE, plate))
    return tuple(f"{relation.value}:{value}" for relation, value in found if isinstance(value, str) and value)


def kind_of(event: Event) -> str:
    """The kind of the signal or action that an alert was raised on; empty for a wake-up.

    A drill is of the kind that it plays, so that limits and procedures are those of a real one.
    """
    if isinstance(event, Wake):
        return ""
    played = event.data.get("kind") if event.kind == DRILL_STARTED else None
    return played if isinstance(played, str) else event.kind


def room_of(place: str) -> str | None:
    """The room that a place is or is in: `b3/u1/1502/kitchen` → `b3/u1/1502`."""
    match = _ROOM.fullmatch(place)
    return match[1] if match else None


class Grouping:
    """What the YAML says about incidents. `near` are the groups of neighbouring places of compound.yaml."""

    def __init__(self, settings: IncidentSection | None = None, near: Sequence[Sequence[str]] = ()) -> None:
        self.settings = settings or IncidentSection()
        self._near: dict[str, set[str]] = defaultdict(set)
        for group in near:
            for place in group:
                self._near[place].update(other for other in group if other != place)

    def wanted(self, place: str, subjects: Iterable[str]) -> Iterator[tuple[Relation, Key]]:
        """Where to look for the incident of a new alert, the strongest relation first."""
        for subject in subjects:
            yield Relation(subject.partition(":")[0]), ("subject", subject)
        if not place:  # the compound as a whole: what concerns it says nothing about where
            return
        yield Relation.PLACE, ("place", place)
        if room := room_of(place):
            yield Relation.HOUSEHOLD, ("room", room)
        if parent := _parent(place):
            yield Relation.PLACE, ("place", parent)
        yield Relation.PLACE, ("parent", place)
        for neighbour in sorted(self._near.get(place, ())):
            yield Relation.NEAR, ("place", neighbour)

    def takes(self, incident: Incident, place: str, relation: Relation, at: datetime, *, drill: bool) -> bool:
        """Whether an incident that is related may take one more alert of this time and place."""
        if incident.drill is not drill or len(incident.members) >= self.settings.most:
            return False
        # abs(): after the clock was set back the time between is negative, and its true length is unknown.
        if abs(at - incident.last_at) > self.settings.window or abs(at - incident.opened_at) > self.settings.longest:
            return False
        return relation in {Relation.PERSON, Relation.VEHICLE} or not _other_household(incident, place)


def _other_household(incident: Incident, place: str) -> bool:
    """Whether the place is in a room, and the incident is about another one: a shared unit door ties no two homes."""
    room = room_of(place)
    return room is not None and any(room_of(member.place) not in {None, room} for member in incident.members)


class IncidentIndex:
    """Open incidents by what an alert may share with them, so that finding one does not read them all."""

    def __init__(self) -> None:
        self._by_key: dict[Key, dict[str, None]] = defaultdict(dict)

    def add(self, incident: str, members: Iterable[Member]) -> None:
        """Make the incident found by these members."""
        for member in members:
            for key in _keys(member):
                self._by_key[key][incident] = None

    def remove(self, incident: Incident) -> None:
        """The incident is not to be found any more."""
        for member in incident.members:
            for key in _keys(member):
                self._by_key[key].pop(incident.id, None)
                if not self._by_key[key]:
                    del self._by_key[key]

    def find(
        self, grouping: Grouping, alert: Alert, subjects: Iterable[str], incidents: Mapping[str, Incident]
    ) -> tuple[Incident, Relation] | None:
        """The incident that takes the alert: by the strongest relation, then the one with the latest event."""
        at = alert.raised_at
        for relation, key in grouping.wanted(alert.place, subjects):
            related = (incidents[each] for each in self._by_key.get(key, ()))
            taking = [i for i in related if grouping.takes(i, alert.place, relation, at, drill=alert.drill)]
            if taking:
                return max(taking, key=lambda incident: (incident.last_at, incident.id)), relation
        return None


def _keys(member: Member) -> Iterator[Key]:
    yield from (("subject", subject) for subject in member.subjects)
    if member.place:
        yield "place", member.place
        if parent := _parent(member.place):
            yield "parent", parent
        if room := room_of(member.place):
            yield "room", room


def _parent(place: str) -> str:
    return place.rpartition("/")[0]
