"""What the record says after the last power cut, against what the devices were told."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.model import ALARM_KINDS
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

    @property
    def holds(self) -> bool:
        return self.alerts > 0 and not (self.doubled or self.alerts_doubled or self.alarms_unheard)


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


def judge_record(record: sqlite3.Connection) -> Record:
    def count(sql: str) -> int:
        number: int = record.execute(sql).fetchone()[0]
        return number

    return Record(
        doubled=count(DOUBLED_SIGNALS),
        alerts=count("SELECT count(*) FROM alerts"),
        alerts_doubled=count(DOUBLED_DECISIONS) + count(SIGNALS_IN_TWO_ALERTS) + count(ALERTS_OPEN_TWICE),
        alarms_unheard=count(UNHEARD_ALARMS.format(kinds=", ".join(f"'{kind}'" for kind in sorted(ALARM_KINDS)))),
    )
