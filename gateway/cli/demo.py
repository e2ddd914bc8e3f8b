"""`anju demo`: a whole compound on this machine, with simulated devices, on loopback only."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

import gateway
from gateway import logs
from gateway.errors import AnjuError
from gateway.model import Role
from gateway.settings import Configuration, load
from gateway.store import Store

HOST = "127.0.0.1"
MQTT_PORT, RTSP_PORT = 18830, 18554
"""Taken where they are free, else others; the same numbers stand in config/demo."""
SENSOR = "demo-sensor"
DOOR_PLATE_OF = "b3/u1/1502"
PHOTOGRAPHS = {"demo-resident": "collins.jpg", "demo-watched": "hopper.jpg"}
MARK = ".anju-demo"
KEPT = frozenset({MARK, "clips"})
SIMULATOR_LIMIT = 60.0
"""Seconds the simulator may take to draw what the cameras show at rest."""


@dataclass(frozen=True, slots=True)
class Ports:
    http: int
    mqtt: int
    rtsp: int


def _default_data() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share", "anju-demo")


@click.command("demo")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Of the guard room.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=_default_data,
    show_default="anju-demo in the XDG data folder",
    help="Where its state lives; emptied at every start.",
)
@click.option("--cameras", type=click.IntRange(0, 200), default=0, help="So many more cameras, where nothing happens.")
def command(port: int, data: Path, cameras: int) -> None:
    """Run a whole compound: simulated devices, the gateway, the guard room."""
    ports = _ports(port)
    data = data.absolute()
    with _fresh(data):
        configuration = load(_configure(data, ports, cameras))
        logs.set_up(logging.WARNING)
        asyncio.run(_run(configuration, data, ports, cameras))


def _ports(http: int) -> Ports:
    if http and not _is_free(http):
        raise click.ClickException(
            f"port {http} is taken by another program: choose another, such as --port {http + 1}"
        )
    mqtt, rtsp = (wanted if _is_free(wanted) else _any_free() for wanted in (MQTT_PORT, RTSP_PORT))
    return Ports(http or _any_free(), mqtt, rtsp)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _fresh(data: Path) -> Iterator[None]:
    """The folder emptied and held: what is no demo's is left alone, and no two demos share one."""
    mark = data / MARK
    if data.exists() and not mark.exists() and any(data.iterdir()):
        raise click.ClickException(f"{data} holds what is no demo's: name an empty or new folder with --data")
    data.mkdir(parents=True, exist_ok=True)
    with mark.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(
                f"another demo runs in {data}: end it, or name another folder with --data"
            ) from None
        for old in data.iterdir():
            if old.is_dir() and not old.is_symlink() and old.name not in KEPT:
                shutil.rmtree(old)
            elif old.name not in KEPT:
                old.unlink()
        try:
            yield
        finally:
            (data / "demo.json").unlink(missing_ok=True)


def _compound() -> Path:
    """config/demo of the checkout, or of an installed wheel."""
    roots = (Path(gateway.__file__).parent.parent, Path(sys.prefix, "share", "anju"))
    for folder in (root / "config" / "demo" for root in roots):
        if folder.is_dir():
            return folder
    raise click.ClickException(
        f"the demo's compound is missing: there is no config/demo in {' or '.join(map(str, roots))}"
    )


def _configure(data: Path, ports: Ports, cameras: int) -> Path:
    """A copy of config/demo with this run's ports and line, and the cameras that were asked for."""
    folder = data / "config"
    shutil.copytree(_compound(), folder)
    _replace(
        folder / "compound.yaml",
        {f"{HOST}:8080": f"{HOST}:{ports.http}", f"{HOST}:{MQTT_PORT}": f"{HOST}:{ports.mqtt}"},
    )
    devices = folder / "devices.yaml"
    _replace(devices, {f"{HOST}:{RTSP_PORT}": f"{HOST}:{ports.rtsp}", "/dev/ttyUSB0": str(_serial(data))})
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
            raise click.ClickException(f"{file.name} of config/demo says nothing of {old}: put it back")
        text = text.replace(old, new)
    file.write_text(text)


def _serial(data: Path) -> Path:
    return data / "dev" / "wall-host"


async def _run(configuration: Configuration, data: Path, ports: Ports, cameras: int) -> None:
    from gateway import app  # noqa: PLC0415  half a second that `anju --help` need not take

    passwords = {account.user: account.password.get_secret_value() for account in configuration.compound.mqtt.accounts}
    plan = {
        "host": HOST,
        "rtsp_port": ports.rtsp,
        "mqtt_port": ports.mqtt,
        "passwords": passwords,
        "serial": str(_serial(data)),
        "cache": str(data / "clips"),
        "extra_cameras": cameras,
    }
    async with _simulator(data, plan):
        door_plate = await _furnish(configuration, data)

        async def ready(running: app.Gateway) -> None:
            facts = {
                "http": running.http_url,
                "mqtt": {
                    "host": HOST,
                    "port": running.mqtt_port,
                    "user": SENSOR,
                    "password": passwords[SENSOR],
                    "device": SENSOR,
                },
                "rtsp": f"rtsp://{HOST}:{ports.rtsp}/gate",
                "door_plate": f"{running.http_url}/d/{door_plate}",
            }
            unfinished = data / "demo.json.part"
            unfinished.write_text(json.dumps(facts, indent=2) + "\n")
            unfinished.replace(data / "demo.json")
            _welcome(facts, data)

        await app.run(configuration, data, ready)


@asynccontextmanager
async def _simulator(data: Path, plan: dict[str, Any]) -> AsyncIterator[None]:
    """The devices, in a process of their own that ends when its input does: with us, whatever ends us."""
    file = data / "simulator.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(plan))
    pipe = asyncio.subprocess.PIPE
    devices = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.simulator", file, stdin=pipe, stdout=pipe, start_new_session=True
    )
    assert devices.stdin
    assert devices.stdout
    try:
        async with asyncio.timeout(SIMULATOR_LIMIT):
            if await devices.stdout.readline() != b"ready\n":
                raise AnjuError("the simulated devices did not start; what they said stands above")
        yield
    finally:
        devices.stdin.close()
        try:
            await asyncio.wait_for(devices.wait(), 5)
        except TimeoutError:
            devices.kill()
            await devices.wait()


async def _furnish(configuration: Configuration, data: Path) -> str:
    """Accounts, people, faces; returns the token of a door plate."""
    from gateway.people import DoorPlates  # noqa: PLC0415  as above
    from gateway.people.enrolment import take_in  # noqa: PLC0415
    from gateway.people.roster import read_roster  # noqa: PLC0415
    from gateway.web import Passwords  # noqa: PLC0415
    from gateway.web.users import Users  # noqa: PLC0415

    now = datetime.now(UTC)
    async with Store.open(data) as store:
        users = Users(store, Passwords())
        for role in Role:
            await users.add(role.value, role, role.value, now)
        await take_in(store, read_roster(configuration.directory / "people.yaml", configuration.places))
        await _enrol(store)
        (plate,) = await DoorPlates(store).issue([DOOR_PLATE_OF], now)
        return plate.token


async def _enrol(store: Store) -> None:
    from gateway.people import faces  # noqa: PLC0415  as above
    from gateway.simulator.paint import PICTURES  # noqa: PLC0415
    from gateway.vision.recognise.faces import FaceReader  # noqa: PLC0415
    from gateway.vision.recognise.photos import Photo, examine  # noqa: PLC0415

    def look() -> list[Photo]:
        reader = FaceReader()
        return [examine(reader, person, PICTURES / name) for person, name in PHOTOGRAPHS.items()]

    for photo in await asyncio.to_thread(look):
        if photo.face is None:
            raise AnjuError(f"{photo.file}: {photo.fault.en if photo.fault else 'no face'}")
        await faces.enrol(store, photo.person, photo.face.template, photo.file.read_bytes())


def _welcome(facts: Mapping[str, Any], data: Path) -> None:
    console = Console()
    console.print(f"\n[bold]西子御园 · Anju demo[/]   {facts['http']}\n")
    people = Table("sign in as", "password", "role", box=None, pad_edge=False)
    for role in Role:
        people.add_row(role.value, role.value, role.value)
    console.print(people)
    mqtt = facts["mqtt"]
    console.print(f"\ndoor plate   {facts['door_plate']}", soft_wrap=True)
    console.print(f"camera       {facts['rtsp']}")
    console.print(f"configured   {data / 'config'}", soft_wrap=True)
    console.print("a device of your own (all of this is in demo.json):")
    console.print(
        f"  mosquitto_pub -h {mqtt['host']} -p {mqtt['port']} -u {mqtt['user']} -P {mqtt['password']} -q 1"
        f' -t anju/v1/{mqtt["device"]}/signal -m \'{{"kind": "panic.pressed"}}\'',
        soft_wrap=True,
        highlight=False,
    )
    console.print("\nCtrl-C ends it.\n")
