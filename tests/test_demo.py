"""`anju demo` as a person starts it: a process of its own, seen from outside alone."""

from __future__ import annotations

import http.cookiejar
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.publish
import pytest

ANJU = Path(sys.executable).with_name("anju")
READY_WITHIN, STORY_WITHIN = 90, 100
pytestmark = pytest.mark.timeout(240)


class Demo:
    """A running demo, and a guard who is signed in to it."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.log = data.with_suffix(".log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([ANJU, "demo", "--data", data, *options], stdout=log, stderr=log)
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.facts: dict[str, Any] = {}

    def wait(self) -> None:
        self.until(lambda: (self.data / "demo.json").exists(), READY_WITHIN)
        self.facts = json.loads((self.data / "demo.json").read_text())

    def until(self, true: Callable[[], object], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()[-4000:]
            time.sleep(0.2)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.facts["http"] + path, data, {"Content-Type": "application/json"})
        request.method = method
        with self._opener.open(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def items(self, path: str) -> list[dict[str, Any]]:
        return self.ask("GET", path)["items"]

    def children(self) -> list[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def started(data: Path) -> Demo:
    """A demo that is ready, with a guard signed in; it is killed if it does not get so far."""
    demo = Demo(data, "--port", "0", "--cameras", "2")
    try:
        demo.wait()
        demo.ask("POST", "/api/v1/session", {"user": "guard", "password": "guard"})
    except BaseException:
        demo.process.kill()
        demo.process.wait()
        raise
    return demo


def refused(*options: str | Path) -> str:
    """What a demo that does not start says."""
    tried = subprocess.run([ANJU, "demo", *options], check=False, capture_output=True, text=True, timeout=60)
    assert tried.returncode != 0
    return tried.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Demo]:
    running = started(tmp_path_factory.mktemp("demo") / "data")
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_what_it_tells_outsiders(demo: Demo) -> None:
    assert set(demo.facts) == {"http", "mqtt", "rtsp", "dc09", "door_plate", "resident"}
    assert set(demo.facts["dc09"]) == {"host", "port", "account"}
    assert set(demo.facts["mqtt"]) == {"host", "port", "user", "password", "device"}
    assert demo.facts["door_plate"].startswith(demo.facts["http"] + "/d/")
    assert demo.facts["rtsp"].startswith("rtsp://127.0.0.1:")
    said = demo.log.read_text()
    assert demo.facts["http"] in said
    assert "Ctrl-C ends it" in said


@pytest.mark.parametrize("name", ["supervisor", "installer", "manager"])
def test_its_people_may_sign_in(demo: Demo, name: str) -> None:
    body = json.dumps({"user": name, "password": name}).encode()
    request = urllib.request.Request(demo.facts["http"] + "/api/v1/session", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.loads(answer.read())["role"] == name


def test_the_door_plate_opens_without_signing_in(demo: Demo) -> None:
    with urllib.request.urlopen(demo.facts["door_plate"], timeout=10) as answer:
        page = answer.read().decode()
    assert "0523-8320 1234" in page
    assert "1502" in page
    assert "演示住户" not in page, "a door plate never shows a resident's name"


def test_a_resident_signs_in_with_the_code_that_would_come_by_sms(demo: Demo) -> None:
    phone, file = demo.facts["resident"]["phone"], Path(demo.facts["resident"]["code_file"])
    demo.ask("POST", "/api/v1/resident/code", {"phone": phone})
    demo.until(file.exists, 10)
    signed_in = demo.ask("POST", "/api/v1/resident/session", {"phone": phone, "code": file.read_text().strip()})
    assert signed_in["places"] == ["b3/u1/1502"]


@pytest.mark.needs("mosquitto_pub", "mosquitto-clients")
def test_a_device_of_ones_own_joins_in(demo: Demo) -> None:
    mqtt = demo.facts["mqtt"]
    subprocess.run(
        [
            "mosquitto_pub", "-h", mqtt["host"], "-p", str(mqtt["port"]), "-u", mqtt["user"], "-P", mqtt["password"],
            "-q", "1", "-t", f"anju/v1/{mqtt['device']}/signal", "-m", '{"kind": "panic.pressed", "id": "mine-1"}',
        ],
        check=True,
        timeout=20,
    )  # fmt: skip
    demo.until(lambda: [a for a in demo.items("/api/v1/alerts") if a["device"] == "demo-sensor"], 10)
    (alert,) = [alert for alert in demo.items("/api/v1/alerts") if alert["device"] == "demo-sensor"]
    assert (alert["severity"], alert["state"]) == ("critical", "new")


def test_the_first_minute_shows_everything(demo: Demo) -> None:
    wanted = {
        ("lane", "plate.read"), ("gate", "face.matched"), ("gate", "face.watchlisted"), ("fence", "motion.started"),
        ("wall-n2", "zone.alarm"), ("wall-n2", "zone.restored"), ("wall-host", "device.offline"),
        ("home-b1-u1-502", "zone.alarm"), ("home-b2-u1-1101", "fire.alarm"), ("home-b3-u1-1502", "gas.alarm"),
        ("home-b3-u2-802", "panic.pressed"), ("home-b1-u2-302", "panel.battery_low"),
        ("door-b1-u1", "door.forced"), ("door-b3-u2", "door.held"), ("door-garage", "access.denied"),
    }  # fmt: skip

    def missing() -> set[tuple[str, str]]:
        return wanted - {(said["device"], said["kind"]) for said in demo.items("/api/v1/signals?limit=500")}

    demo.until(lambda: not missing(), STORY_WITHIN)
    rules = {
        ("perimeter", "wall-n2"), ("fence-motion", "fence"), ("recognition", "gate"), ("recognition", "lane"),
        ("home-alarm", "home-b1-u1-502"), ("home-alarm", "home-b2-u1-1101"), ("home-alarm", "home-b3-u1-1502"),
        ("home-alarm", "home-b3-u2-802"), ("home-alarm", "home-b1-u2-302"), ("silence", "wall-host"),
        ("doorway", "door-b1-u1"), ("doorway", "door-b3-u2"), ("doorway", "door-garage"),
    }  # fmt: skip
    demo.until(lambda: rules <= {(a["rule"], a["device"]) for a in demo.items("/api/v1/alerts?limit=200")}, 30)
    alerts = {(alert["rule"], alert["device"]): alert for alert in demo.items("/api/v1/alerts?limit=200")}
    assert alerts["recognition", "gate"]["snapshot"]
    assert "苏E9T307" in alerts["recognition", "lane"]["reason"]
    assert "苏M5K628" not in json.dumps(list(alerts.values()), ensure_ascii=False).replace('"plates": ["苏M5K628"]', "")
    assert alerts["home-alarm", "home-b3-u1-1502"]["household"]["plates"] == ["苏M5K628"]


def test_an_unlock_comes_back_as_a_signal(demo: Demo) -> None:
    given = demo.ask("POST", "/api/v1/devices/door-garage/commands", {"action": "unlock", "arguments": {"seconds": 2}})
    assert given["id"]
    wanted = {"door.unlocked", "door.opened", "door.closed", "door.locked", "command.done"}
    demo.until(
        lambda: wanted <= {said["kind"] for said in demo.items("/api/v1/signals?device=door-garage&limit=200")}, 20
    )


def test_a_barrier_says_when_it_is_up(demo: Demo) -> None:
    demo.ask("POST", "/api/v1/devices/barrier-east/commands", {"action": "open"})
    wanted = {"barrier.opened", "command.done"}
    demo.until(
        lambda: wanted <= {said["kind"] for said in demo.items("/api/v1/signals?device=barrier-east&limit=200")}, 20
    )


def test_every_device_is_there(demo: Demo) -> None:
    silent_by_nature = {"demo-sensor"}
    demo.until(
        lambda: all(
            device["health"] == "online" or device["id"] in silent_by_nature or device["part_of"]
            for device in demo.items("/api/v1/devices")
        ),
        60,
    )
    ids = {device["id"] for device in demo.items("/api/v1/devices")}
    assert {"extra-1", "extra-2", "wall-n1", "demo-sensor"} <= ids


def test_no_second_demo_in_the_same_folder_or_on_the_same_port(demo: Demo) -> None:
    assert "another demo runs in" in refused("--data", demo.data, "--port", "0")
    port = demo.facts["http"].rpartition(":")[2]
    why = refused("--data", demo.data.with_name("other"), "--port", port)
    assert f"port {port} is used by another program: choose another, such as --port" in why
    demo.ask("GET", "/api/v1/session")


def test_it_ends_starts_anew_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """One demo's life from its start to being killed, apart from the one that the other tests look at."""
    demo = started(tmp_path / "data")
    mqtt = demo.facts["mqtt"]
    paho.mqtt.publish.single(
        f"anju/v1/{mqtt['device']}/signal",
        '{"kind": "panic.pressed", "id": "mine-1"}',
        qos=1,
        hostname=mqtt["host"],
        port=mqtt["port"],
        auth={"username": mqtt["user"], "password": mqtt["password"]},
    )
    demo.until(lambda: [a for a in demo.items("/api/v1/alerts") if a["device"] == "demo-sensor"], 10)
    children = demo.children()
    assert len(children) >= 2, "the simulator and a vision worker"
    assert demo.end() == 0
    assert not (demo.data / "demo.json").exists()
    assert not (demo.data / "dev" / "wall-host").is_symlink()
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    for port in (mqtt["port"], int(demo.facts["http"].rpartition(":")[2])):
        with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
            probe.connect(("127.0.0.1", port))
    assert "Traceback" not in demo.log.read_text()

    again = started(demo.data)
    assert [alert for alert in again.items("/api/v1/alerts") if alert["device"] == "demo-sensor"] == []
    children = again.children()
    assert again.end(signal.SIGINT) == 0, "Ctrl-C"
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def test_the_devices_do_not_outlive_a_killed_demo(tmp_path: Path) -> None:
    killed = started(tmp_path / "data")
    children = killed.children()
    killed.process.kill()
    killed.process.wait()
    deadline = time.monotonic() + 15
    while [pid for pid in children if _lives(pid)] and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not [pid for pid in children if _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_folder_that_is_no_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "anju.db").write_text("a real compound's record")
    why = refused("--data", tmp_path, "--port", "0")
    assert "holds other files than a demo's: give an empty or new folder with --data" in why
    assert (tmp_path / "anju.db").read_text() == "a real compound's record"
