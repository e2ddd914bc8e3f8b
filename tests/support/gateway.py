"""`anju run` as a service manager would run it: a process of its own, on a configuration of the test's own."""

from __future__ import annotations

import collections
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.broker import Mosquitto
from tests.support.ports import HOST, free_port, wait_for_port

ANJU = Path(sys.executable).with_name("anju")
ACCOUNT, PASSWORD = "bench", "bench-password"
ROOM = "b1/u1/101"


@dataclass(frozen=True, slots=True)
class TestDevice:
    """One device in MQTT, by the gateway's own endpoint or by a broker; `more` of its keys."""

    __test__ = False

    id: str
    via: str = "endpoint"
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def entry(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": "mqtt_device",
            "name": self.id,
            "place": ROOM,
            "type": "home",
            "account": self.id,
            "via": self.via,
            **self.more,
        }


@dataclass(slots=True)
class TestCompound:
    """A compound of MQTT devices, each with an account of its own name; `more` keys of compound.yaml."""

    __test__ = False

    folder: Path
    devices: Sequence[TestDevice]
    broker: Mosquitto | None = None
    http_port: int = field(default_factory=free_port)
    mqtt_port: int = field(default_factory=free_port)
    rules: Sequence[Mapping[str, Any]] = ({"id": "home", "kind": "home_alarm"}, {"id": "door", "kind": "doorway"})
    more: Mapping[str, Any] = field(default_factory=dict)

    def write(self) -> Path:
        """Write the three files (JSON is YAML) and return their folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write("compound", self._compound())
        self._write("devices", {"devices": [device.entry for device in self.devices]})
        self._write("rules", {"rules": list(self.rules)})
        return self.folder

    def _write(self, name: str, content: dict[str, Any]) -> None:
        (self.folder / f"{name}.yaml").write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")

    def _compound(self) -> dict[str, Any]:
        mqtt: dict[str, Any] = {
            "endpoint": {"listen": f"{HOST}:{self.mqtt_port}"},
            "accounts": [{"user": device.id, "password": PASSWORD} for device in self.devices],
        }
        if self.broker is not None:
            mqtt["broker"] = {"host": self.broker.host, "port": self.broker.port, "client_id": "anju"}
        return {
            "name": "测试小区",
            "demo": True,
            "http": {"listen": f"{HOST}:{self.http_port}"},
            "mqtt": mqtt,
            "buildings": [{"id": "b1", "name": "1号楼", "units": 1, "floors": 1, "rooms": 1}],
            **self.more,
        }


class Gateway:
    """One life of the daemon after the other, on the same data.

    `prefix` runs it by another program, `environment` adds to ours.
    Its stderr comes through a pipe (a limit on file sizes must not reach the log); the last lines are kept.
    """

    def __init__(
        self,
        compound: TestCompound,
        data: Path,
        prefix: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.compound = compound
        self.data = data
        self.log: collections.deque[str] = collections.deque(maxlen=200)
        self._config = compound.write()
        self._prefix = list(prefix)
        self._environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})}
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.compound.http_port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the gateway is not running"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> None:
        """Start it and return at once."""
        self._process = subprocess.Popen(
            [*self._prefix, str(ANJU), "run", str(self._config), "--data", str(self.data)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self._environment,
            text=True,
        )
        threading.Thread(target=self._drain, args=(self._process,), daemon=True).start()

    def start(self, seconds: float = 60) -> None:
        """Start it and return once devices can connect."""
        self.spawn()
        try:
            wait_for_port(self.compound.mqtt_port, seconds, self._lives)
            wait_for_port(self.compound.http_port, seconds, self._lives)
        except TimeoutError as error:
            self.kill()
            raise RuntimeError("the gateway did not start:\n" + "\n".join(self.log)) from error

    def _lives(self) -> bool:
        return self.is_running

    def freeze(self) -> None:
        """Let it do nothing more, while the system goes on taking in what its peers send."""
        assert self._process is not None, "the gateway is not running"
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """A power cut, as far as the process is concerned."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)

    def stop(self, seconds: float = 60) -> int:
        """End it properly; returns its exit status."""
        assert self._process is not None, "the gateway is not running"
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def command(self, *arguments: str, say: str = "") -> str:
        """Run another `anju` command on the same data; returns what it printed."""
        done = subprocess.run(
            [str(ANJU), *arguments, "--data", str(self.data)],
            input=say,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"anju {' '.join(arguments)} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def _drain(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.log.append(line.rstrip("\n"))
        process.stderr.close()
