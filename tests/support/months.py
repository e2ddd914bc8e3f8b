"""Fills a data folder with months of a guard room's work: alerts with their signals, people's steps, outages, drills.

`python -m tests.support.months DATA [--config CONFIG] [--days N] [--a-day N]`: the same seed gives the same months.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.config import load
from gateway.model import Device, DeviceType, Severity
from gateway.store import audit
from gateway.store.columns import to_us
from gateway.store.migrations import migrate

GUARDS = ("王建国", "李卫东", "张班长", "陈秀兰")
_KINDS: dict[str, Sequence[tuple[str, Severity, str, str, str, int]]] = {
    "zone": [
        ("zone.alarm", Severity.HIGH, "perimeter", "防区报警", "Zone alarm", 8),
        ("zone.tampered", Severity.HIGH, "perimeter", "防拆报警", "Tamper", 1),
    ],
    "home": [
        ("zone.alarm", Severity.HIGH, "home", "户内防区报警", "Zone alarm at home", 4),
        ("fire.alarm", Severity.CRITICAL, "home", "烟感报警", "Smoke alarm", 1),
        ("gas.alarm", Severity.CRITICAL, "home", "燃气报警", "Gas alarm", 1),
        ("panic.pressed", Severity.CRITICAL, "home", "紧急求助", "Panic button", 1),
    ],
    "camera": [
        ("object.seen", Severity.MEDIUM, "video", "有人徘徊", "Somebody lingers", 6),
        ("plate.read", Severity.LOW, "recognition", "未登记车辆 苏M8K217", "Unknown vehicle 苏M8K217", 6),
        ("camera.covered", Severity.MEDIUM, "video", "镜头被遮挡", "Camera covered", 1),
    ],
    "door": [
        ("door.held", Severity.MEDIUM, "doorway", "门长时间未关", "Door held open", 5),
        ("door.forced", Severity.HIGH, "doorway", "强行开门", "Door forced", 1),
    ],
}
_RESTORED = {
    "zone.alarm": "zone.restored",
    "zone.tampered": "zone.restored",
    "fire.alarm": "fire.restored",
    "gas.alarm": "gas.restored",
    "panic.pressed": "panic.restored",
}
_NOTES = {
    "nuisance": ("是一只猫", "风吹树枝", "快递员搬货", "下雨"),
    "false": ("现场无异常", "住户误碰"),
    "real": ("已报警处理", "有人翻墙，已劝离", "厨房冒烟，住户在场"),
}


@dataclass
class Months:
    """One run: rows are collected a day at a time."""

    connection: sqlite3.Connection
    devices: Sequence[Device]
    rng: random.Random
    end: datetime
    journal: list[tuple[Any, ...]] = field(default_factory=list)
    alerts: list[tuple[Any, ...]] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)
    steps: list[tuple[datetime, str, str, str, str, str]] = field(default_factory=list)
    number: int = 0
    head: str = "0" * 64

    def day(self, begin: datetime, count: int) -> None:
        """One day with about so many alerts; every ninth has a flood at 03:00."""
        for at in sorted(self._moments(begin, count)):
            self._alert(at, self._device())
        if begin.toordinal() % 9 == 0:
            noisy = self.devices[0]
            for minute in range(40):
                self._alert(begin + timedelta(hours=19, seconds=20 * minute), noisy, nuisance=True)
        for _ in range(self.rng.randrange(4)):
            self._outage(begin)
        if begin.toordinal() % 14 == 0:
            self._alert(begin + timedelta(hours=2), self.rng.choice(self.devices), rule="drill")
        self._write()

    def _moments(self, begin: datetime, count: int) -> Iterator[datetime]:
        # More in the evening and at night than in the small hours; the day begins at 08:00 in Shanghai (00:00 UTC).
        weights = [3, 3, 2, 2, 2, 2, 2, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1, 1, 1, 1, 1, 2, 3]
        for hour in self.rng.choices(range(24), weights, k=count):
            yield begin + timedelta(hours=hour, seconds=self.rng.random() * 3600)

    def _device(self) -> Device:
        # A few make most of it, as everywhere.
        return self.devices[min(int(self.rng.expovariate(12 / len(self.devices))), len(self.devices) - 1)]

    def _record(self, device: str, kind: str, at: datetime, **data: object) -> int:
        self.number += 1
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self.journal.append((self.number, f"s-{self.number:028x}", device, kind, to_us(at), text))
        return self.number

    def _alert(self, at: datetime, device: Device, *, nuisance: bool = False, rule: str = "") -> None:
        if at >= self.end:
            return
        choices = _KINDS.get(device.type.value, _KINDS["zone"])
        kind, severity, by, zh, en, _weight = self.rng.choices(choices, [each[-1] for each in choices])[0]
        data = {"text": "苏M8K217", "list": None} if kind == "plate.read" else {"zone": 1}
        first = self._record(device.id, kind, at, **data)
        identity = f"a-{to_us(at) // 1000:012x}{self.rng.getrandbits(64):016x}"
        restored = at + timedelta(seconds=self.rng.randrange(5, 900)) if self.rng.random() < 0.9 else None
        if restored and kind in _RESTORED:
            self._record(device.id, _RESTORED[kind], restored)
        state, disposition, who = "closed", self._disposition(nuisance), self.rng.choice(GUARDS)
        if self.end - at < timedelta(hours=30) and self.rng.random() < 0.05:
            state, disposition, who = "new", None, None
        else:
            self._handle(identity, at, severity, disposition or "", who or "")
        reasons = f"{device.name} {zh}", f"{device.name} {en}"
        times = to_us(at), to_us(at), restored and to_us(restored)
        by_whom = disposition, who, f"i-{identity[2:]}"
        about = rule or by, f"{device.id}/{first}", int(severity), state, device.place, device.id
        self.alerts.append((identity, *about, *reasons, *times, *by_whom))
        self.links.append((identity, first))

    def _disposition(self, nuisance: bool) -> str:
        names = ("nuisance", "false", "real", "test")
        return "nuisance" if nuisance else self.rng.choices(names, (60, 25, 12, 3))[0]

    def _handle(self, alert: str, at: datetime, severity: Severity, disposition: str, who: str) -> None:
        at += timedelta(seconds=self.rng.lognormvariate(3.3 if severity > 2 else 3.8, 0.7))
        self.steps.append((at, who, "acknowledge", alert, "", "{}"))
        if self.rng.random() < 0.5:
            at += timedelta(seconds=self.rng.lognormvariate(5, 0.5))
            self.steps.append((at, who, "on-scene", alert, "", "{}"))
        at += timedelta(seconds=self.rng.lognormvariate(5.5, 0.8))
        note = self.rng.choice(_NOTES.get(disposition, ("",)))
        self.steps.append((at, who, "close", alert, note, json.dumps({"disposition": disposition})))

    def _outage(self, begin: datetime) -> None:
        device, at = self.rng.choice(self.devices), begin + timedelta(hours=self.rng.random() * 20)
        self._record(device.id, self.rng.choice(("device.offline", "device.silent")), at)
        self._record(device.id, "device.online", at + timedelta(minutes=self.rng.lognormvariate(3, 1.2)))

    def _write(self) -> None:
        run = self.connection.executemany
        self.connection.execute("BEGIN")
        self.journal.sort(key=lambda row: row[4])
        numbers = {row[0]: place for place, row in enumerate(self.journal, self.number - len(self.journal) + 1)}
        run(
            "INSERT INTO journal (number, entry, id, device, kind, received, data) VALUES (?, 'signal', ?, ?, ?, ?, ?)",
            ((numbers[row[0]], *row[1:]) for row in self.journal),
        )
        run(
            "INSERT INTO alerts (id, rule, key, severity, state, place, device, reason_zh, reason_en, raised_at,"
            " last_at, restored_at, disposition, assignee, incident, count)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            self.alerts,
        )
        run("INSERT INTO alert_signals VALUES (?, ?)", ((alert, numbers[number]) for alert, number in self.links))
        run(
            "INSERT INTO decisions (journal, at, rule, decision, alert, data) VALUES (?, ?, ?, 'raise', ?, '{}')",
            (
                (numbers[number], alert[9], alert[1], alert[0])
                for alert, (_, number) in zip(self.alerts, self.links, strict=True)
            ),
        )
        run(
            "INSERT INTO steps (at, user, action, alert, note, data, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            self._chained(),
        )
        self._open_incidents()
        self.connection.execute("COMMIT")
        for rows in (self.journal, self.alerts, self.links, self.steps):
            rows.clear()  # type: ignore[attr-defined]

    def _open_incidents(self) -> None:
        """Each alert is an incident of its own."""
        for alert in self.alerts:
            identity, place, severity, state = alert[0], alert[5], alert[3], alert[4]
            self.connection.execute(
                "INSERT INTO incidents (id, severity, state, place, top, why_zh, why_en, opened_at, last_at, drill)"
                " VALUES (?, ?, ?, ?, ?, '单独一条警情', 'One alert', ?, ?, ?)",
                (alert[-1], severity, state, place, identity, alert[9], alert[10], alert[1] == "drill"),
            )
            self.connection.execute(
                "INSERT INTO incident_alerts (alert, incident, position, relation, place, severity)"
                " VALUES (?, ?, 0, 'first', ?, ?)",
                (identity, alert[-1], place, severity),
            )

    def _chained(self) -> Iterator[tuple[Any, ...]]:
        for at, *rest in sorted(self.steps):
            values = (to_us(at), *rest)
            previous, self.head = self.head, audit._hash(self.head, values)
            yield (*values, previous, self.head)


def fill(folder: Path, devices: Sequence[Device], end: datetime, days: int, a_day: int, seed: int = 1) -> int:
    """Fill a new data folder with so many days up to `end`; returns the number of alerts."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "anju.db", isolation_level=None, timeout=60)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    migrate(connection)
    connection.execute("PRAGMA synchronous = OFF")
    months = Months(connection, devices, random.Random(seed), end)
    months.number = connection.execute("SELECT coalesce(max(number), 0) FROM journal").fetchone()[0]
    last = connection.execute("SELECT hash FROM steps ORDER BY number DESC LIMIT 1").fetchone()
    months.head = last["hash"] if last else months.head
    first = end.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    for day in range(days):
        months.day(first + timedelta(days=day), a_day)
    count: int = connection.execute("SELECT count(*) FROM alerts").fetchone()[0]
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return count


def some_devices(count: int = 60) -> list[Device]:
    """Devices of a compound made up for a test."""
    types = (DeviceType.ZONE, DeviceType.CAMERA, DeviceType.HOME, DeviceType.DOOR)
    return [
        Device(f"device-{n:03d}", "mqtt_device", types[n % 4], f"设备{n}", f"b{n % 6 + 1}/u1/{100 + n}")
        for n in range(count)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--config", type=Path, help="take the devices of this configuration")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--a-day", type=int, default=330)
    given = parser.parse_args()
    devices = some_devices()
    if given.config:
        everything = load(given.config).all_devices().values()
        devices = [device for device in everything if device.type.value in _KINDS and device.place]
        random.Random(1).shuffle(devices)
    print(fill(given.data, devices, datetime.now(UTC), given.days, given.a_day), "alerts")  # noqa: T201


if __name__ == "__main__":
    main()
