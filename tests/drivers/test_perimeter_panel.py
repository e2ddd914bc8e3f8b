"""The perimeter host's driver against the twin on a real pty."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from drivers.perimeter_panel import DRIVER
from gateway.errors import CommandFailed, LinkLost
from gateway.links.serial import SerialLink
from gateway.model import Command, Device, DeviceType
from gateway.protocols.perimeter.settings import PanelSettings
from gateway.simulator import perimeter as twin
from gateway.testing import RecordedReports


def test_settings_name_what_is_wrong() -> None:
    with pytest.raises(ValidationError, match="number 2 is given to two zones"):
        PanelSettings(
            port="/dev/x", zones=[{"number": 2, "id": "a", "name": "A"}, {"number": 2, "id": "b", "name": "B"}]
        )
    with pytest.raises(ValidationError, match="is no time zone"):
        PanelSettings(port="/dev/x", timezone="Peking")


def test_zones_are_devices() -> None:
    settings = PanelSettings(port="/dev/x", zones=[{"number": 3, "id": "z3", "name": "北墙", "place": "wall/n1"}])
    (part,) = DRIVER.parts(settings)
    assert (part.id, part.type, part.place) == ("z3", DeviceType.ZONE, "wall/n1")


class Running:
    def __init__(self, host: twin.PerimeterHost, driver, emit: RecordedReports, serving: asyncio.Task) -> None:
        self.host, self.driver, self.emit, self.serving = host, driver, emit, serving

    async def until(self, true) -> None:
        async with asyncio.timeout(5):
            while not true():
                if self.serving.done():
                    self.serving.result()
                await asyncio.sleep(0.01)


def make_driver(path, emit: RecordedReports, **more) -> DRIVER:
    zones = [{"number": n, "id": f"zone-{n}", "name": f"防区{n}"} for n in (1, 2, 3)]
    settings = PanelSettings(port=str(path), zones=zones, **{"poll": "100ms", "missed_polls": 3, **more})
    device = Device("wall", "perimeter_panel", DeviceType.PANEL, "周界主机", "gate/east")
    return DRIVER(device, settings, SerialLink(settings), emit)


@asynccontextmanager
async def panel(monkeypatch, **more):
    monkeypatch.setattr(twin, "REPEAT_AFTER", 0.1)
    async with twin.run_perimeter_host() as (host, path):
        emit = RecordedReports()
        driver = make_driver(path, emit, **more)
        serving = asyncio.ensure_future(driver.run())
        try:
            yield Running(host, driver, emit, serving)
        finally:
            serving.cancel()
            await asyncio.wait([serving])


async def test_an_intrusion_from_wire_to_signal(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        await run.until(lambda: run.emit.signals)
        run.host.report(twin.ALARM, 2)
        run.host.report(twin.RESTORED, 2)
        run.host.report(twin.BATTERY_LOW)
        await run.until(lambda: run.host.acknowledged == 3)
        assert run.emit.kinds() == [
            ("wall", "area.armed"),
            ("zone-2", "zone.alarm"),
            ("zone-2", "zone.restored"),
            ("wall", "panel.battery_low"),
        ]
        alarm = run.emit.signals[1]
        assert (alarm.source_id, alarm.data) == ("1.1", {"zone": 2})
        assert abs(datetime.now(UTC) - alarm.at) < timedelta(seconds=3)
        assert run.emit.heard_count > 0
        assert run.emit.quarantined == []


async def test_an_alarm_of_a_zone_nobody_configured_is_not_swallowed(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        run.host.report(twin.ALARM, 7)
        await run.until(lambda: ("wall", "zone.alarm") in run.emit.kinds())
        [alarm] = [signal for signal in run.emit.signals if signal.kind == "zone.alarm"]
        assert alarm.data == {"zone": 7}


async def test_unrecorded_is_not_acknowledged_and_comes_again(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        run.emit.disk_full = True
        run.host.report(twin.ALARM, 1)
        await asyncio.sleep(0.35)
        assert run.host.acknowledged == 0
        run.emit.disk_full = False
        await run.until(lambda: run.host.acknowledged == 1)
        assert ("zone-1", "zone.alarm") in run.emit.kinds()


async def test_an_event_sent_again_keeps_its_source_id(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        await run.until(lambda: run.emit.heard_count)
        run.host.report(twin.ALARM, 1)
        await run.until(lambda: run.host.acknowledged == 1)
        payload = bytes.fromhex("0001 01 01 261122080000")
        run.host._send(2, 1, payload)
        run.host._send(2, 1, payload)
        await run.until(lambda: len([s for s in run.emit.signals if s.kind == "zone.alarm"]) == 3)
        assert {s.source_id for s in run.emit.signals if s.kind == "zone.alarm"} == {"1.1"}


async def test_events_while_the_gateway_was_down_are_reported(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        await run.until(lambda: run.emit.heard_count)
        run.host.cut = True
        run.host.report(twin.ALARM, 3)
        run.host._pending.clear()  # the host's memory overran
        run.host.cut = False
        await run.until(lambda: ("zone-3", "zone.alarm") in run.emit.kinds())
        told = run.emit.signals[-1]
        assert told.data == {"zone": 3, "from_status": True}
        assert told.source_id == "1.1.alarm.3.1"
        await asyncio.sleep(0.3)
        assert run.emit.kinds().count(("zone-3", "zone.alarm")) == 1


async def test_conditions_that_ended_while_the_line_was_lost_are_reported(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        await run.until(lambda: run.emit.heard_count)
        run.host.report(twin.ALARM, 3)
        await run.until(lambda: ("zone-3", "zone.alarm") in run.emit.kinds() and not run.host._pending)
        run.host.cut = True
        with pytest.raises(LinkLost):
            await asyncio.wait_for(run.serving, 3)
        run.host.report(twin.RESTORED, 3)
        run.host._pending.clear()  # the host's memory overran
        run.host.cut = False
        link = run.driver.link
        again = DRIVER(run.driver.device, run.driver.settings, link, run.emit)  # as the supervisor makes it anew
        run.serving = asyncio.ensure_future(again.run())
        await run.until(lambda: ("zone-3", "zone.restored") in run.emit.kinds())
        assert run.emit.signals[-1].data == {"zone": 3, "from": "alarm", "from_status": True}
        run.serving.cancel()
        await asyncio.wait([run.serving])


async def test_a_silent_line_is_lost(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        await run.until(lambda: run.emit.heard_count)
        run.host.cut = True
        with pytest.raises(LinkLost, match=r"wall on /dev/pts/\d+ left 3 polls unanswered: check its power"):
            await asyncio.wait_for(run.serving, 2)


async def test_a_line_of_noise_says_so(monkeypatch, serial_line) -> None:
    emit = RecordedReports()
    serving = asyncio.ensure_future(make_driver(serial_line.path, emit).run())
    for _ in range(100):
        serial_line.write(b"\x80\xfe\x00noise" * 10)
        await asyncio.sleep(0.01)
        if serving.done():
            break
    with pytest.raises(LinkLost, match=r"none could be read: check baud \(9600\), parity \(none\)"):
        await asyncio.wait_for(serving, 2)
    assert 1 <= len(emit.quarantined) <= 5, "the quarantine is not flooded"
    assert emit.heard_count == 0


async def test_a_broken_frame_goes_to_quarantine_and_the_line_stays_up(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        await run.until(lambda: run.emit.heard_count)
        broken = bytearray(twin.frame(1, 2, 1, bytes.fromhex("0001 01 02 261122080000")))
        broken[-1] ^= 0xFF
        twin.os.write(run.host._fd, broken)
        run.host.report(twin.ALARM, 1)
        await run.until(lambda: ("zone-1", "zone.alarm") in run.emit.kinds())
        assert run.emit.quarantined == [("bad check or length", bytes(broken))]
        assert ("zone-2", "zone.alarm") not in run.emit.kinds()


async def test_an_event_of_unknown_code_is_kept_then_acknowledged(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        run.host.report(0x77, 1)
        await run.until(lambda: run.host.acknowledged == 1)
        assert run.emit.quarantined[0][0] == "an event of unknown code or length"
        assert "an event of unknown code" in run.emit.refusals[0][1], "it may have been an alarm: the guard is told"


async def test_another_host_and_our_own_echo_are_not_heard(monkeypatch, serial_line) -> None:
    emit = RecordedReports()
    serving = asyncio.ensure_future(make_driver(serial_line.path, emit).run())
    async with asyncio.timeout(3):
        while not serving.done():
            serial_line.write(serial_line.read() or twin.frame(2, 0x02, 1, bytes(10)))
            await asyncio.sleep(0.02)
    assert emit.signals == []
    assert emit.heard_count == 0
    with pytest.raises(LinkLost, match="unanswered"):
        serving.result()


async def test_commands(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        await run.until(lambda: run.emit.heard_count)
        assert await run.driver.perform(Command("wall", "disarm")) == {"area": 1}
        assert await run.driver.perform(Command("wall", "bypass", {"zone": 2})) == {"zone": 2}
        assert await run.driver.perform(Command("zone-3", "bypass")) == {"zone": 3}
        assert await run.driver.perform(Command("wall", "unbypass", {"zone": "zone-2"})) == {"zone": 2}
        await run.until(lambda: run.host.acknowledged == 4)
        assert run.emit.kinds()[-4:] == [
            ("wall", "area.disarmed"),
            ("zone-2", "zone.bypassed"),
            ("zone-3", "zone.bypassed"),
            ("zone-2", "zone.restored"),
        ]


async def test_commands_that_fail_say_why(monkeypatch) -> None:
    async with panel(monkeypatch) as run:
        await run.until(lambda: run.emit.heard_count)
        for order, why in (
            (Command("wall", "bypass", {"zone": 60}), "no such zone"),
            (Command("wall", "bypass", {"zone": 65}), "needs zone: 1 to 64, and got 65"),
            (Command("wall", "bypass"), "needs zone: 1 to 64, and got 'wall'"),
            (Command("wall", "sing"), "takes no command 'sing'"),
        ):
            with pytest.raises(CommandFailed, match=why):
                await run.driver.perform(order)
        run.host.report(twin.ALARM, 1)
        with pytest.raises(CommandFailed, match="refused"):
            await run.driver.perform(Command("wall", "arm"))
        run.host.cut = True
        with pytest.raises(CommandFailed, match="did not answer arm area 1"):
            await run.driver.perform(Command("wall", "arm", limit=timedelta(seconds=0.1)))
        late = asyncio.ensure_future(run.driver.perform(Command("wall", "arm")))
        with pytest.raises(CommandFailed, match="was lost before it answered"):
            await late
        with pytest.raises(CommandFailed, match="is down"):
            await run.driver.perform(Command("wall", "arm"))
