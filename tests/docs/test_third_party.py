"""The rule and the driver of the pages, run as they stand by a real gateway, with the YAML beside them."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import subprocess
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from gateway.config import load
from gateway.model import Clear, Device, DeviceType, Raise, Signal, Wake, WakeAt
from gateway.rule import Compound
from tests.docs.blocks import blocks
from tests.support.api import api, enrol, eventually
from tests.support.gateway import ANJU, Gateway, TestCompound

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def entry_of(root: Path, page: str, start: str) -> dict:
    """The entry that a page shows in one line."""
    found = re.search(rf"^  - (\{{id: {start}.*?\}})$", (root / page).read_text(), re.MULTILINE)
    assert found, start
    return YAML(typ="safe", pure=True).load(found[1])


def siren_entry(root: Path) -> dict:
    return entry_of(root, "docs/writing-a-driver.md", "siren-1")


@pytest.mark.usefixtures("acme")
def test_the_rule():
    left_open = importlib.import_module("acme.left_open")
    door = Device("d1", "x", DeviceType.DOOR, "门", "gate")
    rule = left_open.RULE("left-open", left_open.LeftOpenSettings(seconds=45), Compound("", {"d1": door}, {}))
    state = rule.start(frozenset())
    due = NOW + timedelta(seconds=45)
    assert rule.on(state, Signal(device="d1", kind="door.opened", received=NOW)) == [WakeAt("d1", due)]
    (raised,) = rule.on(state, Wake("left-open", "d1", due))
    assert isinstance(raised, Raise)
    assert raised.place == "gate"
    forgotten, cleared = rule.on(state, Signal(device="d1", kind="door.closed", received=due))
    assert forgotten == WakeAt("d1", None)
    assert isinstance(cleared, Clear)


@pytest.mark.usefixtures("acme")
def test_the_yaml(root, tmp_path):
    """The README's device as devices.yaml, and the rule's line as rules.yaml."""
    (device,) = blocks(root / "README.md", "yaml")
    (tmp_path / "devices.yaml").write_text(device.text)
    rule = entry_of(root, "docs/writing-a-rule.md", "doors-left-open")
    (tmp_path / "rules.yaml").write_text(json.dumps({"rules": [rule]}))
    (tmp_path / "compound.yaml").write_text("name: 西子御园\nplaces: {wall: 围墙, wall/n1: 北围墙1段}\n")
    configuration = load(tmp_path)
    assert [entry.device.id for entry in configuration.devices] == ["wall-host"]
    assert [part.id for part in configuration.devices[0].parts] == ["wall-n1"]
    assert configuration.rules[0].settings.seconds == 45


class Siren:
    """The siren itself, behind its converter: says one line until it is acknowledged, and does what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.answer = "OK"
        self.writers: list[asyncio.StreamWriter] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        writer.write(b"ALIVE\n")
        while line := await reader.readline():
            self.heard.append(line.decode().strip())
            if line.startswith((b"SOUND", b"SILENCE")):
                writer.write(f"{self.answer}\n".encode())

    def say(self, line: str) -> None:
        self.writers[-1].write(f"{line}\n".encode())


class WithSiren(TestCompound):
    """A compound whose only device is the third party's."""

    def write(self) -> Path:
        folder = TestCompound.write(self)
        self._write("devices", {"devices": [self.siren]})
        return folder


@asynccontextmanager
async def a_gateway_with(siren: Siren, entry: dict, site: Path, folder: Path):
    server = await asyncio.start_server(siren.talk, "127.0.0.1", 0)
    port = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    compound = WithSiren(folder / "config", [], more={"places": {"gate": "北门"}})
    compound.siren = {**entry, "port": port}
    gateway = Gateway(compound, folder / "data", environment={"PYTHONPATH": str(site)})
    await asyncio.to_thread(gateway.start)
    try:
        await asyncio.to_thread(enrol, gateway)
        async with api(gateway) as person:
            await person.sign_in()
            yield person
    finally:
        await asyncio.to_thread(gateway.stop)
        for writer in siren.writers:
            writer.close()
        server.close()
        await server.wait_closed()


async def test_the_driver_in_a_real_gateway(root, site, tmp_path):
    """From outside the package: `anju check` knows it, its signals are on record, its commands come back."""
    siren, entry = Siren(), siren_entry(root)
    async with a_gateway_with(siren, entry, site, tmp_path) as person:
        (device,) = await eventually(lambda: _online(person))
        assert (device["id"], device["type"]) == ("siren-1", "siren")

        siren.say("TAMPER 7")
        siren.say("TAMPER 7")
        await eventually(lambda: _true(siren.heard.count("ACK 7") == 2))
        signals = (await person.get("signals", device="siren-1", kind="zone.tampered"))["items"]
        assert len(signals) == 1, "said twice, on record once"

        for answer, result in (("OK", "command.done"), ("BUSY", "command.failed")):
            siren.answer = answer
            await person.post("devices/siren-1/commands", {"action": "sound", "arguments": {"seconds": 999}})
            await eventually(lambda result=result: _signals(person, result))
        assert siren.heard.count("SOUND 180") == 2

        siren.say("nonsense")
        siren.writers[-1].close()
        await eventually(lambda: _signals(person, "device.offline"))
        await eventually(lambda: _online(person))
        assert len(siren.writers) == 2, "the supervisor has called it again"


def test_a_mistake_in_its_yaml_is_told(root, site, tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    entry = {**siren_entry(root), "longset": 5}
    (folder / "devices.yaml").write_text(json.dumps({"devices": [entry]}))
    (folder / "rules.yaml").write_text("rules: []")
    (folder / "compound.yaml").write_text("name: 西子御园\nplaces: {gate: 门}\n")
    done = subprocess.run(
        [str(ANJU), "check", str(folder)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(site)},
        timeout=60,
    )
    assert done.returncode == 1
    assert "unknown key 'longset', did you mean 'longest'?" in done.stdout + done.stderr


async def _online(person):
    items = (await person.get("devices"))["items"]
    return [item for item in items if item["health"] == "online"]


async def _signals(person, kind):
    return (await person.get("signals", kind=kind))["items"]


async def _true(value):
    return value
