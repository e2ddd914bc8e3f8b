"""A protocol described in YAML against the twin of a real host: it tells what the driver written for it tells."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from drivers import framed_serial, perimeter_panel
from gateway.errors import CommandFailed, LinkLost
from gateway.links.serial import SerialLink
from gateway.model import Command, Device, DeviceType
from gateway.protocols.perimeter.settings import PanelSettings
from gateway.simulator import perimeter as twin
from gateway.testing import RecordedReports
from tests.support.listening import until

ZONES = [{"number": n, "id": f"zone-{n}", "name": f"防区{n}"} for n in (1, 2, 3)]
EXAMPLE = Path(__file__).resolve().parents[2] / "config/examples/framed_serial.yaml"
COMMON = {"id", "kind", "name", "place", "cadence"}


def described(path: object, **more: object) -> framed_serial.FramedSerialSettings:
    """The installer's page, as it stands, on a line of the test's own."""
    (entry,) = YAML(typ="safe", pure=True).load(EXAMPLE.read_text("utf-8"))["devices"]
    own = {key: value for key, value in entry.items() if key not in COMMON}
    own["poll"]["every"] = "100ms"
    return framed_serial.FramedSerialSettings.model_validate({**own, "port": str(path), "zones": ZONES, **more})


def written(path: object) -> PanelSettings:
    return PanelSettings.model_validate({"port": str(path), "poll": "100ms", "zones": ZONES})


class Running:
    def __init__(self, host: twin.PerimeterHost, driver, emit: RecordedReports, serving: asyncio.Task) -> None:
        self.host, self.driver, self.emit, self.serving = host, driver, emit, serving

    async def until(self, true) -> None:
        await until(true, self.serving)


@asynccontextmanager
async def serving(monkeypatch, driver, settings_of, repeat_after: float = 0.1):
    monkeypatch.setattr(twin, "REPEAT_AFTER", repeat_after)
    async with twin.run_perimeter_host() as (host, path):
        emit, settings = RecordedReports(), settings_of(path)
        device = Device("wall", "any", DeviceType.PANEL, "周界主机", "gate/east")
        made = driver(device, settings, SerialLink(settings), emit)
        running = asyncio.ensure_future(made.run())
        try:
            yield Running(host, made, emit, running)
        finally:
            running.cancel()
            await asyncio.wait([running])


def by_yaml(monkeypatch, repeat_after: float = 0.1):
    return serving(monkeypatch, framed_serial.DRIVER, described, repeat_after)


EVENTS = [
    (twin.ALARM, 1),
    (twin.ALARM, 2),
    (twin.RESTORED, 2),
    (twin.TAMPERED, 3),
    (twin.TAMPER_CLEARED, 3),
    (twin.FAULTED, 7),
    (twin.FAULT_CLEARED, 7),
    (twin.BYPASSED, 2),
    (twin.UNBYPASSED, 2),
    (twin.DISARMED, 1),
    (twin.ARMED, 1),
    (twin.MAINS_LOST, 0),
    (twin.MAINS_RESTORED, 0),
    (twin.BATTERY_LOW, 0),
    (twin.BATTERY_RESTORED, 0),
    (0x27, 0),
    (0x31, 3),
]


async def a_day_at_the_wall(run: Running) -> list[tuple]:
    """All events, then what happened while the line was cut and the host forgot, then commands."""
    await run.until(lambda: run.emit.signals)
    for code, number in EVENTS:
        run.host.report(code, number)
        await run.until(lambda: not run.host._pending)
    run.host.cut = True
    run.host.report(twin.ALARM, 3)
    run.host.report(twin.MAINS_LOST)
    run.host.report(twin.RESTORED, 1)
    run.host._pending.clear()
    run.host.cut = False
    await run.until(lambda: ("zone-3", "zone.alarm") in run.emit.kinds())
    for command in (
        Command("wall", "disarm"),
        Command("wall", "bypass", {"zone": 2}),
        Command("zone-3", "bypass"),
        Command("wall", "unbypass", {"zone": "zone-2"}),
    ):
        told = len(run.emit.signals)
        await run.driver.perform(command)
        await run.until(lambda told=told: len(run.emit.signals) > told and not run.host._pending)
    # all but the ids and the device's clock
    return [(each.device, each.kind, each.source_id, dict(each.data), each.at is not None) for each in run.emit.signals]


async def test_the_yaml_gives_the_signals_of_the_written_driver(monkeypatch) -> None:
    never = 60.0  # what a busy machine acknowledges late would be told twice, as it should
    async with serving(monkeypatch, perimeter_panel.DRIVER, written, never) as run:
        wanted = await a_day_at_the_wall(run)
    async with by_yaml(monkeypatch, never) as run:
        assert await a_day_at_the_wall(run) == wanted
        assert abs(datetime.now(UTC) - run.emit.signals[1].at) < timedelta(seconds=3)
        assert run.emit.heard_count > 20
        assert run.emit.quarantined == []
    assert len(wanted) == 1 + len(EVENTS) + 3 + 4


async def test_unrecorded_is_not_acknowledged_and_comes_again(monkeypatch) -> None:
    async with by_yaml(monkeypatch) as run:
        run.emit.disk_full = True
        run.host.report(twin.ALARM, 1)
        run.host.report(0x77, 1)
        await asyncio.sleep(0.35)
        assert run.host.acknowledged == 0
        run.emit.disk_full = False
        await run.until(lambda: ("zone-1", "zone.alarm") in run.emit.kinds())
        assert run.host.acknowledged >= 1


async def test_what_is_not_described_is_kept_then_acknowledged(monkeypatch) -> None:
    async with by_yaml(monkeypatch) as run:
        run.host.report(0x77, 1)
        await run.until(lambda: run.host.acknowledged == 1)
        (why, data) = run.emit.quarantined[0]
        assert why == "no message describes it"
        assert "no message describes it" in run.emit.refusals[0][1], "it may have been an alarm: the guard is told"
        assert data.startswith(b"\xaa\x55\x01\x02")


async def test_a_broken_frame_goes_to_quarantine_and_the_line_stays_up(monkeypatch) -> None:
    async with by_yaml(monkeypatch) as run:
        await run.until(lambda: run.emit.heard_count)
        broken = bytearray(twin.frame(1, 2, 1, bytes.fromhex("0001 01 02 261122080000")))
        broken[-1] ^= 0xFF
        twin.os.write(run.host._fd, broken)
        run.host.report(twin.ALARM, 1)
        await run.until(lambda: ("zone-1", "zone.alarm") in run.emit.kinds())
        assert run.emit.quarantined == [("the checksum should be C1 45 and is C1 BA", bytes(broken))]
        assert ("zone-2", "zone.alarm") not in run.emit.kinds()


async def test_a_silent_line_is_lost(monkeypatch) -> None:
    async with by_yaml(monkeypatch) as run:
        await run.until(lambda: run.emit.heard_count)
        run.host.cut = True
        with pytest.raises(LinkLost, match=r"wall on /dev/pts/\d+ left 3 polls unanswered: check its power, the line"):
            await asyncio.wait_for(run.serving, 2)


async def test_conditions_that_ended_while_the_line_was_lost_are_reported(monkeypatch) -> None:
    async with by_yaml(monkeypatch) as run:
        run.host.report(twin.ALARM, 3)
        await run.until(lambda: ("zone-3", "zone.alarm") in run.emit.kinds() and not run.host._pending)
        run.host.cut = True
        with pytest.raises(LinkLost):
            await asyncio.wait_for(run.serving, 3)
        run.host.report(twin.RESTORED, 3)
        run.host._pending.clear()  # the host's memory overran
        run.host.cut = False
        made = framed_serial.DRIVER  # anew, as the supervisor does
        again = asyncio.ensure_future(made(run.driver.device, run.driver.settings, run.driver.link, run.emit).run())
        await until(lambda: ("zone-3", "zone.restored") in run.emit.kinds(), again)
        again.cancel()
        await asyncio.wait([again])


async def test_our_own_echo_is_ignored(serial_line) -> None:
    emit, settings = RecordedReports(), described(serial_line.path)
    device = Device("wall", "any", DeviceType.PANEL, "周界主机", "gate/east")
    running = asyncio.ensure_future(framed_serial.DRIVER(device, settings, SerialLink(settings), emit).run())
    async with asyncio.timeout(3):
        while not running.done():
            serial_line.write(serial_line.read() or twin.frame(2, 0x02, 1, bytes(10)))
            await asyncio.sleep(0.02)
    assert (emit.signals, emit.heard_count) == ([], 0)
    with pytest.raises(LinkLost, match="unanswered"):
        running.result()


async def test_commands_that_fail_say_why(monkeypatch) -> None:
    async with by_yaml(monkeypatch) as run:
        await run.until(lambda: run.emit.heard_count)
        for command, why in (
            (Command("wall", "bypass", {"zone": 60}), "bypass on wall: it answered result no such zone"),
            (Command("wall", "bypass", {"zone": 65}), "bypass needs zone: 1 to 64, and got 65"),
            (Command("wall", "bypass"), "bypass needs zone: 1 to 64, and got 'wall'"),
            (Command("wall", "sing"), "takes no command 'sing'"),
        ):
            with pytest.raises(CommandFailed, match=why):
                await run.driver.perform(command)
        run.host.report(twin.ALARM, 1)
        with pytest.raises(CommandFailed, match="it answered result refused"):
            await run.driver.perform(Command("wall", "arm"))
        run.host.cut = True
        with pytest.raises(CommandFailed, match="did not answer arm"):
            await run.driver.perform(Command("wall", "arm", limit=timedelta(seconds=0.1)))
        late = asyncio.ensure_future(run.driver.perform(Command("wall", "arm")))
        with pytest.raises(CommandFailed, match="was lost before it answered"):
            await late
        with pytest.raises(CommandFailed, match="is down"):
            await run.driver.perform(Command("wall", "arm"))


def test_zones_are_devices_that_take_the_commands_about_zones() -> None:
    settings = described("/dev/x")
    part = framed_serial.DRIVER.parts(settings)[1]
    assert (part.id, part.type, dict(part.actions)) == (
        "zone-2",
        DeviceType.ZONE,
        {"bypass": frozenset(), "unbypass": frozenset()},
    )
    assert framed_serial.DRIVER.actions(settings)["arm"] == {"area"}
