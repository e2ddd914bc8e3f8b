"""Which alerts become one incident, and what people's actions make of it: the fold alone, without a database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.desk import IncidentSection
from gateway.desk.incidents import Grouping, IncidentFold, kind_of, rows
from gateway.desk.incidents.urgency import sort_key
from gateway.errors import Conflict
from gateway.model import Alert, AlertState, Relation, Severity, Signal, Wake, Words
from gateway.store.migrations import migrate

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
NEAR = [["wall/n1", "wall/n2"], ["wall/n2", "lane/north"]]


def alert(name: str, place: str, after_s: float = 0, severity: Severity = Severity.HIGH, rule: str = "r") -> Alert:
    at = NOW + timedelta(seconds=after_s)
    return Alert(
        id=f"a-{name}",
        rule=rule,
        key=name,
        severity=severity,
        state=AlertState.NEW,
        place=place,
        device=None,
        reason=Words(name, name),
        raised_at=at,
        last_at=at,
    )


@pytest.fixture
def fold() -> IncidentFold:
    return IncidentFold(Grouping(IncidentSection(), NEAR))


@pytest.mark.parametrize(
    ("first", "second", "relation"),
    [
        ("wall/n1", "wall/n1", Relation.PLACE),
        ("b3/u1", "b3/u1/1502", Relation.PLACE),
        ("b3/u1/1502", "b3/u1", Relation.PLACE),
        ("b3/u1/1502/kitchen", "b3/u1/1502/hall", Relation.HOUSEHOLD),
        ("wall/n1", "wall/n2", Relation.NEAR),
        ("lane/north", "wall/n2", Relation.NEAR),
    ],
)
def test_what_belongs_together_is_one_card(fold, first, second, relation):
    one, _ = fold.raised(alert("one", first), ())
    two, incident = fold.raised(alert("two", second, 60), ())
    assert one.incident == two.incident == incident.id == "i-one"
    assert incident.members[1].relation is relation
    assert incident.last_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("wall/n1", "lane/north"),  # neighbours of a neighbour
        ("wall/n1", "wall/w1"),
        ("b3/u1/1502", "b3/u1/1501"),
        ("b3", "b3/u1/1502"),  # two below
        ("", ""),
        ("", "wall"),
        ("wall/n1", "wall/n10"),
    ],
)
def test_what_does_not_stays_apart(fold, first, second):
    fold.raised(alert("one", first), ())
    two, incident = fold.raised(alert("two", second, 60), ())
    assert two.incident == "i-two"
    assert incident.alerts == ("a-two",)


def test_a_unit_door_ties_no_two_homes(fold):
    fold.raised(alert("home", "b3/u1/1502"), ())
    fold.raised(alert("door", "b3/u1", 10), ())
    other, _ = fold.raised(alert("other", "b3/u1/302", 20), ())
    assert other.incident == "i-other"


def test_the_same_person_or_vehicle_anywhere_is_one_card(fold):
    fold.raised(alert("east", "gate/east"), ("vehicle:苏M12345",))
    west, incident = fold.raised(alert("west", "gate/west", 60), ("vehicle:苏M12345",))
    assert west.incident == "i-east"
    assert incident.why == Words("2条警情：同一车辆", "2 alerts: the same vehicle")
    assert fold.raised(alert("other", "gate/south", 60), ("vehicle:苏M99999",))[1].id == "i-other"


def test_the_window_the_length_and_the_number_of_alerts_bound_an_incident():
    settings = IncidentSection.model_validate({"window": "1m", "longest": "2m", "most": 3})
    late, long, many = (IncidentFold(Grouping(settings)) for _ in range(3))
    late.raised(alert("one", "p"), ())
    assert late.raised(alert("two", "p", 61), ())[1].id == "i-two"
    for number, at in enumerate((0, 60, 120)):
        long.raised(alert(str(number), "p", at), ())
    assert len(long.incidents["i-0"].members) == 3
    assert long.raised(alert("late", "p", 121), ())[1].id == "i-late"
    for number in range(3):
        many.raised(alert(str(number), "p"), ())
    assert many.raised(alert("3", "p"), ())[1].id == "i-3"


def test_the_most_severe_alert_names_place_and_severity_and_is_new_again(fold):
    first, _ = fold.raised(alert("door", "b3/u1/1502", severity=Severity.MEDIUM), ())
    fold.changed(replace(first, state=AlertState.ACKNOWLEDGED))
    assert fold.incidents["i-door"].state is AlertState.ACKNOWLEDGED
    _, incident = fold.raised(alert("fire", "b3/u1/1502/kitchen", 5, Severity.CRITICAL), ())
    assert (incident.severity, incident.state, incident.place) == (
        Severity.CRITICAL,
        AlertState.NEW,
        "b3/u1/1502/kitchen",
    )


def test_it_is_closed_with_its_last_alert_and_takes_no_more(fold):
    one, _ = fold.raised(alert("one", "p"), ())
    two, _ = fold.raised(alert("two", "p"), ())
    assert fold.changed(replace(one, state=AlertState.CLOSED)).state is AlertState.NEW
    assert fold.changed(replace(two, state=AlertState.CLOSED)).state is AlertState.CLOSED
    assert fold.incidents == {}
    assert fold.raised(alert("three", "p", 5), ())[1].id == "i-three"


def test_a_drill_and_the_real_thing_never_share_a_card(fold):
    fold.raised(alert("drill", "p", rule="drill"), ())
    assert not fold.raised(alert("real", "p"), ())[1].drill
    with pytest.raises(Conflict):
        fold.merge("i-real", "i-drill")


def test_merging_moves_the_alerts_and_leaves_a_mark(fold):
    fold.raised(alert("one", "p"), ())
    fold.raised(alert("two", "q", 5, Severity.CRITICAL), ())
    [target, gone], moved = fold.merge("i-one", "i-two")
    assert target.alerts == ("a-one", "a-two")
    assert (target.severity, target.place) == (Severity.CRITICAL, "q")
    assert (gone.state, gone.merged_into) == (AlertState.CLOSED, "i-one")
    assert [(each.id, each.incident) for each in moved] == [("a-two", "i-one")]
    assert fold.raised(alert("three", "q", 10), ())[1].id == "i-one"


def test_splitting_makes_an_incident_of_what_is_taken_out(fold):
    fold.raised(alert("one", "p"), ())
    fold.raised(alert("two", "p", 5, Severity.CRITICAL), ())
    [rest, fresh], moved = fold.split("i-one", ["a-two"], NOW + timedelta(seconds=9))
    assert (rest.alerts, rest.severity) == (("a-one",), Severity.HIGH)
    assert (fresh.alerts, fresh.severity) == (("a-two",), Severity.CRITICAL)
    assert [each.incident for each in moved] == [fresh.id]
    for wrong in (["a-one"], ["a-nobody"], []):
        with pytest.raises(Conflict):
            fold.split("i-one", wrong, NOW)


def test_alerts_without_an_incident_on_record_get_their_own(fold):
    made = fold.load([], [replace(alert("one", "p"), incident="i-gone"), alert("two", "p")])
    assert [incident.id for incident in made] == ["i-one", "i-two"]


def test_an_alert_keeps_the_kind_of_the_event_behind_it():
    fold = IncidentFold()
    fold.raised(alert("one", "p"), (), kind_of(Signal(device="d", kind="fire.alarm")))
    _, incident = fold.raised(alert("two", "p"), (), kind_of(Wake("r", "k", NOW)))
    assert [member.kind for member in incident.members] == ["fire.alarm", ""]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection)
        rows.put(connection, incident)
        assert rows.one(connection, incident.id) == incident


def test_of_equal_severity_what_may_cost_a_life_is_looked_at_first(fold):
    fold.raised(alert("burglary", "p", severity=Severity.CRITICAL), (), "zone.alarm")
    fold.raised(alert("fire", "q", 60, Severity.CRITICAL), (), "fire.alarm")
    fold.raised(alert("door", "r", severity=Severity.HIGH), (), "panic.pressed")
    assert [each.id for each in sorted(fold.incidents.values(), key=sort_key)] == ["i-fire", "i-burglary", "i-door"]


@pytest.mark.parametrize(
    ("kinds", "leading"),
    [
        (["gas.alarm", "duress.entered"], "duress.entered"),
        (["duress.entered", "zone.alarm"], "duress.entered"),
        (["duress.entered", "fire.alarm"], "fire.alarm"),
        (["panic.pressed", "gas.alarm"], "panic.pressed"),
    ],
)
def test_duress_names_the_card_so_that_nobody_calls_the_home(fold, kinds, leading):
    for number, kind in enumerate(kinds):
        _, incident = fold.raised(alert(kind, "b3/u1/1502", number * 60, Severity.CRITICAL), (), kind)
    assert incident.top == f"a-{leading}"
    assert len(incident.members) == 2
