"""Lines written by `logger` of bsdutils, in every way it knows, and by sockets what it does not do."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from drivers.syslog_lines import DRIVER, SyslogSettings
from gateway.links.listen import ListenLink
from gateway.model import Device, DeviceType
from tests.support.listening import Listening, until
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
    emit = Listening()
    device = Device("log-door", "syslog_lines", DeviceType.SENSOR, "日志", "gate")
    driver = DRIVER(device, settings, ListenLink(settings), emit)
    serving = asyncio.ensure_future(driver.run())
    await until(lambda: emit.lives, serving)
    yield SimpleNamespace(emit=emit, port=settings.listen.port, serving=serving)
    serving.cancel()
    await asyncio.wait([serving])


async def logger(run, *arguments: str) -> None:
    command = ["logger", "--server", "127.0.0.1", "--port", str(run.port), *arguments]
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
        await until(lambda: run.emit.signals, run.serving)
        (signal,) = run.emit.signals
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
        await until(lambda: len(run.emit.signals) == 4, run.serving)
        assert run.emit.kinds() == [
            ("north-1", "zone.alarm"),
            ("north-2", "zone.restored"),
            ("log-door", "panel.mains_lost"),
            ("log-door", "device.faulted"),
        ]
        assert run.emit.signals[1].source_id == "4711"
        assert run.emit.aside == []


@with_logger
async def test_lines_without_a_match_are_kept_on_request() -> None:
    async with listening(unmatched="keep") as run:
        await logger(run, "--udp", "--rfc5424=notime,nohost,notq", "hello")
        await until(lambda: run.emit.aside, run.serving)
        ((why, data),) = run.emit.aside
        assert why.startswith("no pattern matches this line of 127.0.0.1:")
        assert data.endswith(b"hello")


async def test_an_alarm_in_an_overlong_line_is_read() -> None:
    async with listening() as run:
        _, writer = await asyncio.open_connection("127.0.0.1", run.port)
        writer.write(b"<13>Oct 11 22:14:15 core alarmd: Zone 2 alarm by " + b"x" * 10_000 + b"\n")
        await until(lambda: run.emit.signals and run.emit.aside, run.serving)
        assert run.emit.kinds()[0][1] == "zone.alarm"
        writer.close()


async def test_senders_are_devices_by_address_or_by_name() -> None:
    heard: list[str | None] = []
    senders = [{"host": "127.0.0.2", "id": "ups", "name": "UPS"}, {"host": "core", "id": "switch", "name": "交换机"}]
    async with listening(senders=senders) as run:
        run.emit.heard = heard.append
        for source, line in (("127.0.0.2", "<13>市电中断"), ("127.0.0.1", "<13>Oct 11 22:14:15 core x: 市电中断")):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((source, 0))
                sender.sendto(line.encode(), ("127.0.0.1", run.port))
        await until(lambda: len(run.emit.signals) == 2, run.serving)
        assert {device for device, _ in run.emit.kinds()} == {"ups", "switch"}
        assert set(heard) == {"ups", "switch"}


async def test_senders_that_are_not_allowed_are_ignored() -> None:
    async with listening(allow=["127.0.0.2"]) as run:
        for source in ("127.0.0.1", "127.0.0.2"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((source, 0))
                sender.sendto(f"市电中断 {source}".encode(), ("127.0.0.1", run.port))
        await until(lambda: run.emit.signals, run.serving)
        await asyncio.sleep(0.05)
        assert [signal.data["said"] for signal in run.emit.signals] == ["市电中断 127.0.0.2"]


async def test_a_disk_in_trouble_ends_the_connection() -> None:
    async with listening() as run:
        run.emit.disk = False
        reader, writer = await asyncio.open_connection("127.0.0.1", run.port)
        writer.write("市电中断\n".encode())
        assert await asyncio.wait_for(reader.read(), 5) == b"", "the connection is ended"
        writer.close()
        run.emit.disk = True
        reader, writer = await asyncio.open_connection("127.0.0.1", run.port)
        writer.write("市电中断\n".encode())
        await until(lambda: run.emit.signals, run.serving)
        writer.close()


async def test_an_overlong_line_is_kept_and_the_next_is_read() -> None:
    async with listening() as run:
        _, writer = await asyncio.open_connection("127.0.0.1", run.port)
        writer.write(b"x" * 30_000 + "\n市电中断\n".encode())
        await until(lambda: run.emit.signals, run.serving)
        assert [(why.split(" of ")[0], len(data)) for why, data in run.emit.aside] == [("a line", 8192)]
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
