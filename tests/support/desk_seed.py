"""A desk that is full: open alerts in incidents, written to the record of a gateway that does not run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.desk import rows
from gateway.desk.incidents import alone
from gateway.desk.incidents import rows as incident_rows
from gateway.desk.incidents.why import why
from gateway.model import Alert, AlertState, Incident, Member, Relation, Severity, Words
from gateway.store.connection import connect

FLOORS, ROOMS, UNITS = 25, 4, 4
CONDITIONS = (
    ("battery", "panel.battery_low", Severity.LOW, Words("电池电量低", "Battery low")),
    ("fault", "zone.faulted", Severity.MEDIUM, Words("探测器故障", "Detector fault")),
    ("water", "water.alarm", Severity.HIGH, Words("漏水报警", "Water leak")),
    ("fire", "fire.alarm", Severity.CRITICAL, Words("火灾报警", "Fire alarm")),
)
"""Of the rule home_alarm: the end of its key, the signal that repeats it, severity and words."""


def buildings(incidents: int) -> list[dict[str, object]]:
    """Buildings with a room for each incident, for compound.yaml."""
    count = -(-incidents // (UNITS * FLOORS * ROOMS))
    return [
        {"id": f"b{n}", "name": f"{n}号楼", "units": UNITS, "floors": FLOORS, "rooms": ROOMS}
        for n in range(1, count + 1)
    ]


def seed(data: Path, panel: str, incidents: int, alerts_each: int) -> None:
    """Write them. Alert `n` is repeated by a signal of `panel` with `zone` n, see `repeating`."""
    began = datetime.now(UTC) - timedelta(hours=2)
    with closing(connect(data / "anju.db")) as connection:
        connection.execute("BEGIN")
        for n, place in zip(range(incidents), _rooms(), strict=False):
            alerts = [_alert(panel, n, n * alerts_each + k, place, began) for k in range(alerts_each)]
            incident = _incident(alerts)
            for alert in alerts:
                rows.put(connection, replace(alert, incident=incident.id))
            incident_rows.put(connection, incident)
        connection.execute("COMMIT")


def repeating(number: int, alerts_each: int) -> dict[str, object]:
    """The signal that says again what alert `number` is about."""
    return {"kind": _condition(number // alerts_each)[1], "data": {"zone": number}}


def _condition(incident: int) -> tuple[str, str, Severity, Words]:
    """One incident in ten is critical, two are high, three medium, four low."""
    return CONDITIONS[(0, 0, 0, 0, 1, 1, 1, 2, 2, 3)[incident % 10]]


def _rooms() -> Iterator[str]:
    building = 0
    while True:
        building += 1
        for unit in range(1, UNITS + 1):
            for floor in range(1, FLOORS + 1):
                for room in range(1, ROOMS + 1):
                    yield f"b{building}/u{unit}/{floor}{room:02d}"


def _alert(panel: str, incident: int, number: int, place: str, began: datetime) -> Alert:
    name, _, severity, words = _condition(incident)
    at = began + timedelta(seconds=incident / 2 + number % 5)
    building, unit, room = place.split("/")
    where = Words(f"{building[1:]}号楼{unit[1:]}单元{room}室", f"Building {building[1:]} Unit {unit[1:]} Room {room}")
    return Alert(
        id=f"a-{number:028x}",
        rule="home",
        key=f"{panel}.{number}/{name}",
        severity=severity,
        # One in four is in hand, so that each state is on the screen.
        state=(AlertState.NEW, AlertState.NEW, AlertState.NEW, AlertState.ACKNOWLEDGED)[incident // 10 % 4],
        place=place,
        device=panel,
        reason=Words(f"{where.zh} 户内主机{number} {words.zh}", f"{words.en} at {where.en} (home panel {number})"),
        raised_at=at,
        last_at=at,
    )


def _incident(alerts: list[Alert]) -> Incident:
    first = alone(alerts[0])
    relations = [Relation.FIRST, *[Relation.PLACE] * (len(alerts) - 1)]
    members = tuple(Member(a.id, r, a.place, a.severity) for a, r in zip(alerts, relations, strict=True))
    return replace(first, members=members, why=why(members), last_at=max(alert.last_at for alert in alerts))
