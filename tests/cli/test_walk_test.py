"""Watching a gateway that runs, and walking its zones, as an installer does with a laptop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from click.testing import CliRunner
from paho.mqtt.enums import CallbackAPIVersion

from gateway.cli import main
from gateway.cli.walk_test.trials import TrialResult, WalkTest
from gateway.model import Device, DeviceType, Signal
from gateway.store.journal_tail import BATCH_ROWS, JournalTail
from tests.support.gateway import ANJU, PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.ports import HOST

ZONES = [Device(name, "k", DeviceType.ZONE, name, "wall") for name in ("north", "south")]


def alarm(device: str, kind: str = "zone.alarm") -> Signal:
    return Signal(device=device, kind=kind)


def tour(rung: bool = True) -> WalkTest:
    return WalkTest(ZONES, 2.0, lambda _signal: rung)


def test_a_zone_that_rings_in_time_passes():
    walk = tour()
    north = walk.trials[0]
    walk.trip(north, 100.0)
    walk.add_signals([alarm("north", "zone.restored"), alarm("north")], 100.5, north)
    assert (north.signal_after, north.alert_after, north.result) == (0.5, 0.5, TrialResult.OK)
    assert walk.trials[1].result is TrialResult.SKIPPED
    assert not walk.is_over


def test_late_silent_and_unheeded_zones_are_told_apart():
    walk = tour()
    late, silent = walk.trials
    walk.trip(late, 0.0)
    walk.add_signals([alarm("north")], 2.1, late)
    walk.trip(silent, 10.0)
    walk.add_signals([], 40.0, silent)
    assert (late.result, silent.result) == (TrialResult.LATE, TrialResult.NO_SIGNAL)
    disarmed = tour(rung=False)
    disarmed.trip(disarmed.trials[0], 0.0)
    disarmed.add_signals([alarm("north")], 0.2, disarmed.trials[0])
    assert disarmed.trials[0].result is TrialResult.NO_ALERT


def test_swapped_wires_show():
    walk = tour()
    north = walk.trials[0]
    walk.trip(north, 0.0)
    walk.add_signals([alarm("south"), alarm("south")], 0.3, north)
    assert (north.result, north.others) == (TrialResult.NO_SIGNAL, ["south"])


def test_trying_again_forgets_the_first_time():
    walk = tour()
    north = walk.trials[0]
    walk.trip(north, 0.0)
    walk.add_signals([alarm("north")], 5.0, north)
    walk.trip(north, 10.0)
    walk.add_signals([alarm("north")], 10.4, north)
    assert north.alert_after == pytest.approx(0.4)


def test_in_any_order_each_is_timed_from_its_own_signal():
    walk = tour()
    walk.add_signals([alarm("south"), alarm("elsewhere")], 7.0)
    walk.add_signals([alarm("south"), alarm("north")], 9.0)
    assert walk.is_over
    assert [trial.alert_after for trial in walk.trials] == [0.0, 0.0]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[Gateway]:
    folder: Path = tmp_path_factory.mktemp("walk")
    running = Gateway(TestCompound(folder / "config", [TestDevice("north"), TestDevice("south")]), folder / "data")
    running.start()
    yield running
    running.stop()


class Zones:
    """Trips a zone by what it says in MQTT."""

    def __init__(self, port: int) -> None:
        self._clients = {}
        for zone in ("north", "south"):
            client = paho.Client(CallbackAPIVersion.VERSION2)
            client.username_pw_set(zone, PASSWORD)
            client.connect(HOST, port)
            client.loop_start()
            self._clients[zone] = client

    def trip(self, zone: str, payload: str = '{"kind": "zone.alarm"}') -> None:
        self._clients[zone].publish(f"anju/v1/{zone}/signal", payload, qos=1).wait_for_publish(10)

    def close(self) -> None:
        for client in self._clients.values():
            client.disconnect()
            client.loop_stop()


@pytest.fixture
def zones(gateway) -> Iterator[Zones]:
    made = Zones(gateway.compound.mqtt_port)
    yield made
    made.close()


def test_watch_shows_signals_and_what_could_not_be_read(gateway, zones):
    command = [ANJU, "watch", "--json", "--seconds", "6", "--device", "north", "--data", gateway.data]
    with subprocess.Popen([sys.executable, *map(str, command)], stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        stop = threading.Event()

        def speak() -> None:
            while not stop.wait(0.3):
                zones.trip("south")
                zones.trip("north", '{"kind": "door.opened", "data": {"by": "风"}}')
                zones.trip("north", '{"kind": "nonsense"}')

        speaking = threading.Thread(target=speak)
        speaking.start()
        lines = [json.loads(line) for line in watching.stdout]
        stop.set()
        speaking.join()
    said = [line for line in lines if "kind" in line]
    aside = [line for line in lines if "unreadable" in line]
    assert {line["device"] for line in lines} == {"north"}
    assert said[-1]["data"] == {"by": "风"}
    assert "nonsense" in bytes.fromhex(aside[-1]["data"]).decode()


def walk(gateway, zones, tmp_path, trips, *options, say=None):
    """Run the command while `trips` are made one after the other, each when the prompt has been answered."""
    report = tmp_path / "report.html"

    def go():
        pause = threading.Event()
        for zone in trips:
            pause.wait(1.0)
            zones.trip(zone)

    walking = threading.Thread(target=go)
    walking.start()
    arguments = ["walk-test", str(gateway.compound.folder), "--data", str(gateway.data), "--out", str(report), *options]
    done = CliRunner().invoke(main, arguments, input=say)
    walking.join()
    return done, report.read_text("utf-8") if report.exists() else ""


def test_a_walk_through_all_zones_ends_in_a_report(gateway, zones, tmp_path):
    done, report = walk(gateway, zones, tmp_path, ["north", "south"], "--by", "<李工>", say="\n\n")
    assert done.exit_code == 0, done.output
    assert "2 / 2 合格" in done.output
    assert "&lt;李工&gt;" in report
    assert report.count("合格</td>") == 2
    assert report.count("<td>防区报警</td>") == 2


def test_a_zone_that_does_not_answer_fails_the_walk(gateway, zones, tmp_path):
    done, report = walk(gateway, zones, tmp_path, ["south"], "--patience", "2", say="\nn\ns\n")
    assert done.exit_code == 1
    assert "无信号" in report
    assert "未测" in report
    assert "south" in report.partition("同时报警的其他设备: ")[2]


def test_a_free_walk_takes_them_as_they_come(gateway, zones, tmp_path):
    done, report = walk(gateway, zones, tmp_path, ["south", "north"], "--free")
    assert done.exit_code == 0, done.output
    assert "未按键计时" in report


def test_mistakes_are_told(gateway, tmp_path):
    config = str(gateway.compound.folder)
    nothing = CliRunner().invoke(main, ["walk-test", config, "--data", str(tmp_path)])
    assert "holds no database" in nothing.output
    nobody = CliRunner().invoke(main, ["walk-test", config, "--device", "wst", "--data", str(gateway.data)])
    assert "no device wst" in nobody.output
    nowhere = CliRunner().invoke(main, ["walk-test", config, "--place", "moon", "--data", str(gateway.data)])
    assert "nothing to test" in nowhere.output
    elsewhere = CliRunner().invoke(main, ["walk-test", config, "--data", str(gateway.data), "--out", "/nowhere/x.html"])
    assert "no folder that you may write to" in elsewhere.output


def test_however_much_has_come_meanwhile_is_not_of_the_next_trip(gateway, zones):
    tail = JournalTail(gateway.data)
    for _ in range(BATCH_ROWS + 20):
        zones.trip("south", '{"kind": "x.noise"}')
    assert len(tail.all_signals()) >= BATCH_ROWS + 20
    assert tail.signals() == []
    tail.close()


def test_a_record_that_can_not_be_read_is_told(tmp_path):
    (tmp_path / "anju.db").write_bytes(b"no record at all" * 100)
    told = CliRunner().invoke(main, ["watch", "--data", str(tmp_path)])
    assert "can't be read" in told.output
    assert "Traceback" not in told.output


@contextmanager
def walking(gateway, report, *options) -> Iterator[subprocess.Popen[str]]:
    """A walk in a process of its own, once its first prompt is there."""
    arguments = [ANJU, "walk-test", gateway.compound.folder, "--data", gateway.data, "--out", report, *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen([sys.executable, *map(str, arguments)], **pipes, env=environment) as process:
        said = b""
        while b"[1/" not in said:
            said += os.read(process.stdout.fileno(), 4096)
        yield process
        process.kill()


def test_a_zone_that_was_tripped_just_before_the_key_counts(gateway, zones, tmp_path):
    with walking(gateway, tmp_path / "report.html", "--device", "north", "--patience", "5") as process:
        zones.trip("north")
        threading.Event().wait(0.5)
        said, _ = process.communicate(b"\n", timeout=30)
    assert "1 / 1 合格" in said.decode()


def test_a_gateway_that_stops_ends_the_walk_and_is_no_zones_fault(tmp_path):
    running = Gateway(TestCompound(tmp_path / "config", [TestDevice("north")]), tmp_path / "data")
    running.start()
    with walking(running, tmp_path / "report.html", "--patience", "60") as process:
        process.stdin.write(b"\n")
        process.stdin.flush()
        running.stop()
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "网关已停止运行" in said.decode()
    assert "未测" in (tmp_path / "report.html").read_text("utf-8")
    again = ["walk-test", str(tmp_path / "config"), "--data", str(tmp_path / "data")]
    assert "no gateway" in CliRunner().invoke(main, again).output


def test_the_report_is_there_before_the_walk_is_over(gateway, zones, tmp_path):
    report = tmp_path / "report.html"
    with walking(gateway, report) as process:
        process.stdin.write(b"\n")
        process.stdin.flush()
        zones.trip("north")
        while not report.exists():
            threading.Event().wait(0.05)
        process.send_signal(signal.SIGHUP)
        assert process.wait(10) == -signal.SIGHUP
    assert "合格</td>" in report.read_text("utf-8")
