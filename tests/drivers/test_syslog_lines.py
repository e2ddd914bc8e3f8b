"""Lines written by `logger` of bsdutils, in every way it knows, and by sockets what it does not do."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from drivers.syslog_lines import DRIVER, SyslogSettings
from gateway.links.listen import ListenLink
from gateway.model import Device, DeviceType
from gateway.testing import DriverRun, running
from tests.support.ports import free_port

PATTERNS = [
    {"match": r"Zone (?P<zone>\d+) alarm( by (?P<cause>\w+))?", "kind": "zone.alarm", "app": "alarmd"},
    {"match": r"Zone (?P<zone>\d+) restored \((?P<id>\d+)\)", "kind": "zone.restored"},
    {"match": "市电中断", "kind": "panel.mains_lost"},
    {"match": "fan", "kind": "device.faulted", "severity": ["error"]},
]
ZONES = [{"number": 1, "id": "north-1", "name": "北墙1"}, {"number": "02", "id": "north-2", "name": "北墙2"}]
with_logger = pytest.mark.needs("logger", "bsdutils")


@asynccontextmanager
async def listening(**more):
    settings = SyslogSettings.model_validate(
        {"listen": f"127.0.0.1:{free_port()}", "patterns": PATTERNS, "zones": ZONES, **more}
    )
    device = Device("log-door", "syslog_lines", DeviceType.SENSOR, "日志", "gate")
    async with running(DRIVER, settings, ListenLink(settings), device) as run:
        await run.until(lambda: run.reports.heard_count)
        yield run


def port_of(run: DriverRun) -> int:
    return run.driver.settings.listen.port


async def logger(run, *arguments: str) -> None:
    command = ["logger", "--server", "127.0.0.1", "--port", str(port_of(run)), *arguments]
    await asyncio.to_thread(subprocess.run, command, check=True, timeout=10)


@with_logger
@pytest.mark.parametrize(
    "how",
    [
        ["--udp", "--rfc5424"],
        ["--udp", "--rfc3164"],
        ["--tcp", "--rfc5424"],
        ["--tcp", "--rfc3164"],
        ["--tcp", "--rfc5424", "--octet-count"],
        ["--tcp", "--rfc3164", "--octet-count"],
        ["--udp", "--rfc5424", "--sd-id", "zoo@123", "--sd-param", 'tiger="hungry"'],
    ],
    ids=" ".join,
)
async def test_every_format_of_logger_is_read(how: list[str]) -> None:
    async with listening() as run:
        await logger(run, *how, "--tag", "alarmd", "Zone 2 alarm by 翻越")
        await run.until(lambda: run.reports.signals)
        (signal,) = run.reports.signals
        assert (signal.device, signal.kind) == ("log-door", "zone.alarm")
        assert signal.data == {"zone": "2", "said": "Zone 2 alarm by 翻越"} | (
            {"cause": "翻越"} if "cause" in signal.data else {}
        )
        if "--rfc5424" in how:
            assert abs(datetime.now(UTC) - signal.at) < timedelta(seconds=5)


@with_logger
async def test_zones_and_ids_and_filters() -> None:
    async with listening() as run:
        for tag, priority, text in (
            ("alarmd", "user.notice", "Zone 01 alarm"),
            ("other", "user.notice", "Zone 1 alarm"),
            ("other", "user.notice", "Zone 02 restored (4711)"),
            ("ups", "user.notice", "UPS：市电中断"),
            ("ups", "user.info", "fan speed 7"),
            ("ups", "user.err", "fan stopped"),
        ):
            await logger(run, "--tcp", "--tag", tag, "--priority", priority, text)
        await run.until(lambda: len(run.reports.signals) == 4)
        assert run.reports.kinds() == [
            ("north-1", "zone.alarm"),
            ("north-2", "zone.restored"),
            ("log-door", "panel.mains_lost"),
            ("log-door", "device.faulted"),
        ]
        assert run.reports.signals[1].source_id == "4711"
        assert run.reports.quarantined == []


@with_logger
async def test_lines_without_a_match_are_kept_on_request() -> None:
    async with listening(unmatched="keep") as run:
        await logger(run, "--udp", "--rfc5424=notime,nohost,notq", "hello")
        await run.until(lambda: run.reports.quarantined)
        ((why, data),) = run.reports.quarantined
        assert why.startswith("no pattern matches this line of 127.0.0.1:")
        assert data.endswith(b"hello")


async def test_an_alarm_in_an_overlong_line_is_read() -> None:
    async with listening() as run:
        _, writer = await asyncio.open_connection("127.0.0.1", port_of(run))
        writer.write(b"<13>Oct 11 22:14:15 core alarmd: Zone 2 alarm by " + b"x" * 10_000 + b"\n")
        await run.until(lambda: run.reports.signals and run.reports.quarantined)
        assert run.reports.kinds()[0][1] == "zone.alarm"
        writer.close()


async def test_senders_are_devices_by_address_or_by_name() -> None:
    senders = [{"host": "127.0.0.2", "id": "ups", "name": "UPS"}, {"host": "core", "id": "switch", "name": "交换机"}]
    async with listening(senders=senders) as run:
        run.reports.heard_parts.clear()
        for source, line in (("127.0.0.2", "<13>市电中断"), ("127.0.0.1", "<13>Oct 11 22:14:15 core x: 市电中断")):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((source, 0))
                sender.sendto(line.encode(), ("127.0.0.1", port_of(run)))
        await run.until(lambda: len(run.reports.signals) == 2)
        assert {device for device, _ in run.reports.kinds()} == {"ups", "switch"}
        assert run.reports.heard_parts == {"ups", "switch"}


async def test_senders_that_are_not_allowed_are_ignored() -> None:
    async with listening(allow=["127.0.0.2"]) as run:
        for source in ("127.0.0.1", "127.0.0.2"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((source, 0))
                sender.sendto(f"市电中断 {source}".encode(), ("127.0.0.1", port_of(run)))
        await run.until(lambda: run.reports.signals)
        await asyncio.sleep(0.05)
        assert [signal.data["said"] for signal in run.reports.signals] == ["市电中断 127.0.0.2"]


async def test_a_disk_in_trouble_ends_the_connection() -> None:
    async with listening() as run:
        run.reports.disk_full = True
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(run))
        writer.write("市电中断\n".encode())
        assert await asyncio.wait_for(reader.read(), 5) == b"", "the connection is ended"
        writer.close()
        run.reports.disk_full = False
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(run))
        writer.write("市电中断\n".encode())
        await run.until(lambda: run.reports.signals)
        writer.close()


async def test_an_overlong_line_is_kept_and_the_next_is_read() -> None:
    async with listening() as run:
        _, writer = await asyncio.open_connection("127.0.0.1", port_of(run))
        writer.write(b"x" * 30_000 + "\n市电中断\n".encode())
        await run.until(lambda: run.reports.signals)
        assert [(why.split(" of ")[0], len(data)) for why, data in run.reports.quarantined] == [("a line", 8192)]
        writer.close()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"patterns": []}, "at least 1 item"),
        ({"patterns": [{"match": "(?!a)", "kind": "zone.alarm"}]}, "lookaround is not supported"),
        ({"patterns": [{"match": "a", "kind": "zone.alrm"}]}, "did you mean 'zone.alarm'?"),
        (
            {"senders": [{"host": "h", "id": "a", "name": "A"}, {"host": "h", "id": "b", "name": "B"}]},
            "host 'h' is given",
        ),
        ({"timezone": "Peking"}, "is no time zone"),
    ],
)
def test_mistakes_are_explained(more: dict, expected: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SyslogSettings.model_validate({"listen": "127.0.0.1:5514", "patterns": PATTERNS, **more})
    assert expected in str(refused.value)
