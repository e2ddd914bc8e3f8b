"""Alarm panels over IP and a whole gateway: silence is an alert, and what was acknowledged outlives a kill."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.protocols.dc09.cipher import encrypt
from gateway.protocols.dc09.frame import wrap
from gateway.protocols.dc09.message import write_time
from gateway.simulator.dc09 import Communicator, CommunicatorSettings
from tests.bench.panels import Panel, report_contact_id
from tests.support.api import api, enrol, eventually
from tests.support.gateway import ROOM, Gateway, TestCompound
from tests.support.ports import HOST, free_port, wait_for_port

PANELS = 8
pytestmark = pytest.mark.timeout(120)


@dataclass(frozen=True, slots=True)
class Receiver:
    id: str
    port: int
    account: dict[str, Any]

    @property
    def entry(self) -> dict[str, Any]:
        accounts = [
            {"account": f"{1000 + n}", "id": f"panel-{n}", "name": f"{n}", "type": "home", **self.account}
            for n in range(PANELS)
        ]
        listen = f"{HOST}:{self.port}"
        return {
            "id": self.id,
            "kind": "dc09_receiver",
            "name": self.id,
            "place": ROOM,
            "listen": listen,
            "accounts": accounts,
        }


def made(folder: Path, **account: Any) -> tuple[Gateway, int]:
    receiver: Any = Receiver("receiver", free_port(), account)
    rules = [{"id": "home", "kind": "home_alarm"}, {"id": "silence", "kind": "silence", "grace": "0s", "together": 50}]
    return Gateway(TestCompound(folder / "config", [receiver], rules=rules), folder / "data"), receiver.port


async def start(gateway: Gateway, port: int) -> None:
    await asyncio.to_thread(gateway.start)
    await asyncio.to_thread(wait_for_port, port)


async def test_a_panel_that_falls_silent_is_an_alert_and_one_that_tests_its_line_is_not(tmp_path: Path) -> None:
    gateway, port = made(tmp_path, supervision="5s")
    enrol(gateway)
    await start(gateway, port)
    panels = [Communicator(CommunicatorSettings(HOST, port, f"{1000 + n}", link_test_interval=1)) for n in range(2)]
    try:
        async with api(gateway) as guard, asyncio.TaskGroup() as tasks:
            await guard.sign_in()
            lives, falls = (tasks.create_task(panel.run()) for panel in panels)

            async def lost() -> set[str]:
                return {alert["device"] for alert in await guard.alerts() if alert["rule"] == "silence"}

            never = {f"panel-{n}" for n in range(2, PANELS)}  # they did not report at all
            await eventually(lambda: _same(lost(), never), 20)
            falls.cancel()
            await eventually(lambda: _same(lost(), never | {"panel-1"}), 20)
            again = tasks.create_task(panels[1].run())
            await eventually(lambda: _restored(guard.alerts(), "panel-1"), 10)
            lives.cancel()
            again.cancel()
    finally:
        await asyncio.to_thread(gateway.stop)


async def _same(told: Any, expected: set[str]) -> bool:
    return await told == expected


async def _restored(alerts: Any, device: str) -> bool:
    return any(alert["device"] == device and alert["restored_at"] for alert in await alerts)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path, transport: str) -> None:
    gateway, port = made(tmp_path)
    for life in range(2):
        await start(gateway, port)
        panels = [Panel(f"{1000 + n}", None, report_contact_id) for n in range(PANELS)]
        for panel in panels:
            await panel.connect(HOST, port, transport)
            panel.start()
        async with asyncio.timeout(60):
            while min(len(panel.took) for panel in panels) <= 10 * (1 + life):
                await asyncio.sleep(0.05)
        await asyncio.to_thread(gateway.kill)
        for panel in panels:
            panel.stop()
        kept = await asyncio.to_thread(_kept, tmp_path / "data")
        for number, panel in enumerate(panels):
            assert len(panel.took) > 10
            assert kept[f"panel-{number}"] >= len(panel.took)
        await asyncio.to_thread(_forget, tmp_path / "data")


def _kept(data: Path) -> dict[str, int]:
    """How many signals of each panel the disk holds."""
    connection = sqlite3.connect(data / "anju.db")
    try:
        rows = connection.execute("SELECT device, count(*) FROM journal WHERE source_id IS NOT NULL GROUP BY device")
        return dict(rows.fetchall())
    finally:
        connection.close()


def _forget(data: Path) -> None:
    """So that the next life counts from nothing."""
    connection = sqlite3.connect(data / "anju.db")
    with connection:
        connection.execute("UPDATE journal SET source_id = NULL")
    connection.close()


KEY = "00112233445566778899AABBCCDDEEFF"


async def test_a_panel_whose_reports_are_refused_is_an_alert_until_they_are_taken(tmp_path: Path) -> None:
    gateway, port = made(tmp_path, key=KEY)
    enrol(gateway)
    await start(gateway, port)
    sent = iter(range(1, 1000))

    async def report(ahead: timedelta) -> bytes:
        clear = b"|#1000|1130 01 001]" + write_time(datetime.now(UTC) + ahead)
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(wrap(b'"*ADM-CID"%04dL0#1000[' % next(sent) + encrypt(clear, bytes.fromhex(KEY))))
        answer = await reader.readuntil(b"\r")
        writer.close()
        await writer.wait_closed()
        return answer

    async def told(guard: Any) -> list[dict[str, Any]]:
        return [alert for alert in await guard.alerts() if alert["rule"] == "silence"]

    try:
        async with api(gateway) as guard:
            await guard.sign_in()
            for _ in range(3):
                assert b'"NAK"' in await report(timedelta(hours=8))
            await eventually(lambda: _some(told(guard)), 20)
            [alert] = await told(guard)
            assert (alert["device"], alert["count"]) == ("panel-0", 1)
            assert "reports is refused" in alert["reasons"]["en"]
            assert "`timezone: Asia/Shanghai`" in alert["reasons"]["en"]
            assert "像是当地时间" in alert["reasons"]["zh"]
            devices = {device["id"]: device for device in (await guard.get("devices"))["items"]}
            assert devices["panel-0"]["health"] == "refused"
        await asyncio.to_thread(gateway.stop)
        gateway, port = made(tmp_path, key=KEY, timezone="Asia/Shanghai")
        await start(gateway, port)
        async with api(gateway) as guard:
            await guard.sign_in()
            assert b'"*ACK"' in await report(timedelta(hours=8))
            await eventually(lambda: _restored(guard.alerts(), "panel-0"), 20)
            assert len(await told(guard)) == 1
    finally:
        await asyncio.to_thread(gateway.stop)


async def _some(told: Any) -> bool:
    return bool(await told)
