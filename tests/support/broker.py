"""A real Mosquitto of the test's own: its own folder, port and process."""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.parts import executable
from tests.support.ports import HOST, free_port, wait_for_port

DURABLE = """
persistence true
autosave_on_changes true
autosave_interval 1
max_queued_messages 0
max_inflight_messages 200
"""


class Mosquitto:
    """Started by `start`, ended by `stop`; `kill` is a power cut. Host, port and files survive a restart.

    `accounts` maps user to password; without any, anonymous clients are let in.
    """

    def __init__(self, folder: Path, accounts: Mapping[str, str] | None = None, extra: str = "") -> None:
        self.host = HOST
        self.port = free_port()
        self.folder = folder
        self._config = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._config.write_text(self._written(dict(accounts or {})) + extra)

    def _written(self, accounts: Mapping[str, str]) -> str:
        lines = [
            f"listener {self.port} {self.host}",
            f"user {getpass.getuser()}",  # as root Mosquitto would become `mosquitto`, which can't write here
            f"persistence_location {self.folder}/",
            f"allow_anonymous {'false' if accounts else 'true'}",
        ]
        if accounts:
            lines.append(f"password_file {self._passwords(accounts)}")
        return "\n".join(lines) + DURABLE

    def _passwords(self, accounts: Mapping[str, str]) -> Path:
        file = self.folder / "passwords"
        file.write_text("".join(f"{user}:{password}\n" for user, password in accounts.items()))
        file.chmod(0o600)
        subprocess.run([executable("mosquitto_passwd"), "-U", file], check=True, capture_output=True)
        return file

    @property
    def pid(self) -> int:
        assert self._process is not None, "the broker is not running"
        return self._process.pid

    @property
    def log(self) -> Path:
        return self.folder / "mosquitto.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [executable("mosquitto"), "-c", self._config], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            wait_for_port(self.port)
        except TimeoutError as error:
            self.kill()
            raise RuntimeError(f"mosquitto did not start:\n{self.log.read_text()}") from error

    def stop(self) -> None:
        """End it properly, as a service manager would."""
        if self._process is not None:
            self._process.terminate()
            self._end(10)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._end(10)

    def _end(self, seconds: float) -> None:
        process, self._process = self._process, None
        if process is not None:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
