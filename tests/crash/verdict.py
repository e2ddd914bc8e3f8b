"""What the record says after the last power cut, against what the devices were told."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.desk.incidents import rows as incident_rows
from gateway.desk.replay import replay
from gateway.model import ALARM_KINDS, Incident
from tests.support.mqtt_device import MqttDevice

DOUBLED_SIGNALS = """
    SELECT count(*) FROM (
        SELECT 1 FROM journal WHERE entry = 'signal' AND source_id IS NOT NULL
        GROUP BY device, source_id HAVING count(*) > 1)"""
DOUBLED_DECISIONS = """
    SELECT count(*) FROM (
        SELECT 1 FROM decisions WHERE decision = 'raise' GROUP BY rule, journal, data HAVING count(*) > 1)"""
SIGNALS_IN_TWO_ALERTS = """
    SELECT count(*) FROM (
        SELECT 1 FROM alert_signals JOIN alerts ON alerts.id = alert_signals.alert
        GROUP BY rule, key, journal HAVING count(*) > 1)"""
ALERTS_OPEN_TWICE = """
    SELECT count(*) FROM (
        SELECT 1 FROM alerts WHERE state <> 'closed' GROUP BY rule, key HAVING count(*) > 1)"""
ALERTS_ASTRAY = """
    SELECT count(*) FROM alerts LEFT JOIN incident_alerts m ON m.alert = alerts.id
    LEFT JOIN incidents i ON i.id = m.incident WHERE i.id IS NULL OR i.id <> alerts.incident"""
UNHEARD_ALARMS = """
    SELECT count(*) FROM journal WHERE entry = 'signal' AND kind IN ({kinds})
    AND number NOT IN (SELECT journal FROM alert_signals)"""


@dataclass(frozen=True, slots=True)
class Door:
    """One door's sums. `lost` were acknowledged and are not kept; `strange` are kept and were never sent."""

    name: str
    sent: int
    acknowledged: int
    kept: int
    lost: int
    strange: int
    redelivered: int

    @property
    def holds(self) -> bool:
        return self.lost == 0 and self.strange == 0 and self.acknowledged > 0 and self.redelivered > 0


@dataclass(frozen=True, slots=True)
class Record:
    """Sums over the whole file."""

    doubled: int
    alerts: int
    alerts_doubled: int
    alarms_unheard: int
    incidents: int
    incidents_wrong: int
    """Incidents that the record alone would make otherwise, and alerts that are in none or in another."""

    @property
    def holds(self) -> bool:
        wrong = self.doubled or self.alerts_doubled or self.alarms_unheard or self.incidents_wrong
        return self.alerts > 0 and self.incidents > 0 and not wrong


def open_record(data: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{data / 'anju.db'}?mode=ro", uri=True)


def kept(record: sqlite3.Connection, device: str) -> set[str]:
    rows = record.execute("SELECT DISTINCT source_id FROM journal WHERE entry = 'signal' AND device = ?", (device,))
    return {source_id for (source_id,) in rows if source_id is not None}


def judge_door(name: str, record: sqlite3.Connection, devices: Sequence[MqttDevice], redelivered: int) -> Door:
    stands = {device.name: kept(record, device.name) for device in devices}
    return Door(
        name,
        sent=sum(device.made for device in devices),
        acknowledged=sum(len(device.acknowledged) for device in devices),
        kept=sum(map(len, stands.values())),
        lost=sum(len(device.acknowledged.keys() - stands[device.name]) for device in devices),
        strange=sum(not device.has_sent(source_id) for device in devices for source_id in stands[device.name]),
        redelivered=redelivered,
    )


def incidents_unlike_replay(record: sqlite3.Connection) -> int:
    """How many incidents of the database differ from what the record makes anew."""
    record.row_factory = sqlite3.Row
    try:
        kept = {each.id: _essence(each) for each in incident_rows.page(record, [], None, 1_000_000)}
        made = {each.id: _essence(each) for each in replay(record).incidents.values()}
    finally:
        record.row_factory = None
    return sum(kept.get(each) != made.get(each) for each in kept.keys() | made.keys())


def _essence(incident: Incident) -> tuple[object, ...]:
    return incident.alerts, incident.severity, incident.state, incident.place, incident.top, incident.why


def alarms_unheard(record: sqlite3.Connection) -> int:
    """How many alarms of the journal have no alert."""
    kinds = ", ".join(f"'{kind}'" for kind in sorted(ALARM_KINDS))
    number: int = record.execute(UNHEARD_ALARMS.format(kinds=kinds)).fetchone()[0]
    return number


def judge_record(record: sqlite3.Connection) -> Record:
    def count(sql: str) -> int:
        number: int = record.execute(sql).fetchone()[0]
        return number

    return Record(
        doubled=count(DOUBLED_SIGNALS),
        alerts=count("SELECT count(*) FROM alerts"),
        alerts_doubled=count(DOUBLED_DECISIONS) + count(SIGNALS_IN_TWO_ALERTS) + count(ALERTS_OPEN_TWICE),
        incidents=count("SELECT count(*) FROM incidents"),
        incidents_wrong=count(ALERTS_ASTRAY) + incidents_unlike_replay(record),
        alarms_unheard=alarms_unheard(record),
    )
