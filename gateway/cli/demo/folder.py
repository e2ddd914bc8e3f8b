"""The demo's data folder, its copy of config/demo, and free ports."""

from __future__ import annotations

import fcntl
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

import gateway

HOST = "127.0.0.1"
HTTP_PORT, MQTT_PORT, RTSP_PORT, DC09_PORT, SMS_PORT = 8080, 18830, 18554, 18009, 18087
"""The ports in config/demo. All but the first are replaced by free ones when they are in use."""
MARKER = ".anju-demo"
KEPT_NAMES = frozenset({MARKER, "scenes"})


@dataclass(frozen=True, slots=True)
class DemoPorts:
    """The demo's ports on loopback."""

    http: int
    mqtt: int
    rtsp: int
    dc09: int
    sms: int


def choose_ports(http: int) -> DemoPorts:
    """Ports that are free; 0 for `http` means any. Raises ClickException if `http` is in use."""
    if http and not _is_free(http):
        raise click.ClickException(f"port {http} is used by another program: choose another, such as --port {http + 1}")
    wished = (MQTT_PORT, RTSP_PORT, DC09_PORT, SMS_PORT)
    return DemoPorts(http or _any_free(), *(wanted if _is_free(wanted) else _any_free() for wanted in wished))


def _is_free(port: int) -> bool:
    """Whether the port is free for TCP and UDP."""
    with socket.socket() as connections, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        connections.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as asyncio's servers do
        try:
            connections.bind((HOST, port))
            datagrams.bind((HOST, port))
        except OSError:
            return False
        return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def locked_demo_folder(data: Path) -> Iterator[None]:
    """Empty the folder and lock it. Raises ClickException for a folder of other data, or of a running demo."""
    mark = data / MARKER
    if data.exists() and not mark.exists() and any(data.iterdir()):
        raise click.ClickException(f"{data} holds other files than a demo's: give an empty or new folder with --data")
    data.mkdir(parents=True, exist_ok=True)
    with mark.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # released by the kernel, however the demo ends
        except BlockingIOError:
            raise click.ClickException(
                f"another demo runs in {data}: end it, or give another folder with --data"
            ) from None
        for old in data.iterdir():
            if old.is_dir() and not old.is_symlink() and old.name not in KEPT_NAMES:
                shutil.rmtree(old)
            elif old.name not in KEPT_NAMES:
                old.unlink()
        try:
            yield
        finally:
            (data / "demo.json").unlink(missing_ok=True)


def _compound() -> Path:
    """The folder config/demo, of the checkout or of an installed wheel."""
    roots = (Path(gateway.__file__).parent.parent, Path(sys.prefix, "share", "anju"))
    for folder in (root / "config" / "demo" for root in roots):
        if folder.is_dir():
            return folder
    raise click.ClickException(
        f"the demo's configuration is missing: there is no config/demo in {' or '.join(map(str, roots))}"
    )


def configure(data: Path, ports: DemoPorts, cameras: int) -> Path:
    """Copy config/demo with this run's ports and serial ports, and add so many cameras; returns the folder."""
    folder = data / "config"
    shutil.copytree(_compound(), folder)
    _replace(
        folder / "compound.yaml",
        {f"{HOST}:{HTTP_PORT}": f"{HOST}:{ports.http}", f"{HOST}:{MQTT_PORT}": f"{HOST}:{ports.mqtt}"},
    )
    _replace(folder / "desk.yaml", {f"{HOST}:{SMS_PORT}": f"{HOST}:{ports.sms}"})
    devices = folder / "devices.yaml"
    _replace(
        devices,
        {
            f"{HOST}:{RTSP_PORT}": f"{HOST}:{ports.rtsp}",
            f"{HOST}:{DC09_PORT}": f"{HOST}:{ports.dc09}",
            "/dev/ttyUSB0": str(serial_path(data)),
            "/dev/ttyUSB1": str(modbus_path(data)),
        },
    )
    extra = (
        f"  - {{id: extra-{number}, kind: camera, name: 车库相机{number}, place: garage,"
        f" source: 'rtsp://{HOST}:{ports.rtsp}/extra-{number}', cadence: 30s}}\n"
        for number in range(1, cameras + 1)
    )
    with devices.open("a") as file:
        file.writelines(extra)
    return folder


def _replace(file: Path, changes: Mapping[str, str]) -> None:
    text = file.read_text()
    for old, new in changes.items():
        if old not in text:
            raise click.ClickException(f"{file.name} of config/demo lacks {old}: restore it")
        text = text.replace(old, new)
    file.write_text(text)


def serial_path(data: Path) -> Path:
    """The simulated serial port of the perimeter panel."""
    return data / "dev" / "wall-host"


def modbus_path(data: Path) -> Path:
    """The simulated serial port of the Modbus modules."""
    return data / "dev" / "io-line"


def code_path(data: Path) -> Path:
    """Where the simulated SMS gateway writes the newest code that it was given for a resident."""
    return data / "sms" / "code.txt"
