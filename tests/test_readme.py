"""The README's examples are run as they stand: a rule, a driver, and the YAML of a device."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.links.serial import SerialLink
from gateway.model import Clear, Device, DeviceType, Raise, Signal, Wake, WakeAt
from gateway.rule import Compound
from gateway.settings import load

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def blocks(root: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)


@pytest.fixture
def acme(root, tmp_path, monkeypatch):
    """The README's Python as the package `acme`, where a third party's would be."""
    package = tmp_path / "site" / "acme"
    package.mkdir(parents=True)
    for name, source in zip(("left_open", "button"), blocks(root, "python"), strict=True):
        (package / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(package.parent)
    yield SimpleNamespace(
        left_open=importlib.import_module("acme.left_open"), button=importlib.import_module("acme.button")
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme"]:
        del sys.modules[name]


def test_the_rule(acme):
    door = Device("d1", "x", DeviceType.DOOR, "门", "gate")
    rule = acme.left_open.RULE("left-open", acme.left_open.Settings(seconds=45), Compound("", {"d1": door}, {}))
    watch = rule.watch(frozenset())
    next(watch)
    due = NOW + timedelta(seconds=45)
    assert watch.send(Signal(device="d1", kind="door.opened", received=NOW)) == (WakeAt("d1", due),)
    (raised,) = watch.send(Wake("left-open", "d1", due))
    assert isinstance(raised, Raise)
    assert raised.place == "gate"
    forgotten, cleared = watch.send(Signal(device="d1", kind="door.closed", received=due))
    assert forgotten == WakeAt("d1", None)
    assert isinstance(cleared, Clear)


async def test_the_driver(acme):
    master, slave = os.openpty()
    said = []

    async def emit(signal):
        said.append(signal)

    settings = acme.button.Button.Settings(port=os.ttyname(slave))
    device = Device("b1", "acme.button", DeviceType.SENSOR, "按钮", "gate")
    driver = acme.button.DRIVER(device, settings, SerialLink(settings), emit)
    running = asyncio.ensure_future(driver.run())
    await asyncio.sleep(0.1)
    os.write(master, b"\x07")
    assert await asyncio.to_thread(os.read, master, 1) == b"\x06"
    assert [signal.kind for signal in said] == ["panic.pressed"]
    running.cancel()
    await asyncio.wait([running])
    os.close(master)
    os.close(slave)


def test_the_yaml(acme, root, tmp_path):
    """The device's block as devices.yaml, and the rule's line as rules.yaml."""
    readme = (root / "README.md").read_text()
    (tmp_path / "devices.yaml").write_text(blocks(root, "yaml")[0])
    rule = re.search(r"`(- \{id: doors-left-open.*?\})`", readme)
    assert rule
    (tmp_path / "rules.yaml").write_text(f"rules:\n  {rule[1]}\n")
    (tmp_path / "compound.yaml").write_text("name: 西子御园\nplaces: {wall: 围墙, wall/n1: 北围墙1段}\n")
    configuration = load(tmp_path)
    assert [entry.device.id for entry in configuration.devices] == ["wall-host"]
    assert [part.id for part in configuration.devices[0].parts] == ["wall-n1"]
    assert configuration.rules[0].settings.seconds == 45
