"""The status and clock of a perimeter host."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.protocols.perimeter.status import read_status, read_time
from gateway.simulator import perimeter as twin


def test_clock_of_the_host() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    assert read_time(bytes.fromhex("261122080000"), shanghai) == datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
    assert read_time(bytes.fromhex("000000000000"), shanghai) is None
    assert read_time(bytes.fromhex("ffffffffffff"), shanghai) is None


def test_status_of_the_twin_reads_back() -> None:
    host = twin.PerimeterHost(-1, zones=64, boot=9)
    host.cut = True
    for code, number in ((twin.ALARM, 64), (twin.TAMPERED, 1), (twin.MAINS_LOST, 0)):
        host.report(code, number)
    status = read_status(host._status())
    assert (status.boot, status.last, status.pending) == (9, 3, 3)
    assert status.conditions == {("alarm", 64), ("tamper", 1), ("mains", 0), ("armed", 1)}
