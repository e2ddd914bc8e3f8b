"""`anju demo`: runs a whole compound on this machine, with simulated devices, on loopback only."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from gateway import logs
from gateway.cli.demo.folder import (
    HOST,
    HTTP_PORT,
    DemoPorts,
    choose_ports,
    code_path,
    configure,
    locked_demo_folder,
    modbus_path,
    serial_path,
)
from gateway.cli.demo.simulator_process import run_simulator
from gateway.config import Configuration, load
from gateway.model import Role
from gateway.protocols.dc09.settings import ReceiverSettings

SENSOR, PANEL = "demo-sensor", "demo-panel"
RESIDENT_PHONE = "10000002502"
"""Of the resident of b3/u1/1502 in config/demo/people.yaml."""


def _default_data() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share", "anju-demo")


@click.command("demo")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=HTTP_PORT,
    show_default=True,
    help="The port of the guard room's web pages.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="ANJU_DATA",
    default=_default_data,
    show_default="ANJU_DATA, else anju-demo in the XDG data folder",
    help="The data folder; emptied at every start.",
)
@click.option(
    "--cameras", type=click.IntRange(0, 200), default=0, help="Number of additional cameras, which show still pictures."
)
def command(port: int, data: Path, cameras: int) -> None:
    """Run a whole compound: simulated devices, the gateway and the guard room."""
    ports = choose_ports(port)
    data = data.absolute()
    with locked_demo_folder(data):
        configuration = load(configure(data, ports, cameras))
        logs.set_up(logging.WARNING)
        asyncio.run(_run(configuration, data, ports, cameras))


async def _run(configuration: Configuration, data: Path, ports: DemoPorts, cameras: int) -> None:
    from gateway import app  # noqa: PLC0415  slow to import: `anju --help` need not wait for it
    from gateway.cli.demo.seed_data import seed  # noqa: PLC0415  as above

    plan = _plan(configuration, data, ports, cameras)
    async with run_simulator(data, plan):
        door_plate = await seed(configuration, data)

        async def ready(running: app.Gateway) -> None:
            sensor = {"user": SENSOR, "password": plan["passwords"][SENSOR], "device": SENSOR}
            facts = {
                "http": running.http_url,
                "mqtt": {"host": HOST, "port": running.mqtt_port, **sensor},
                "rtsp": f"rtsp://{HOST}:{ports.rtsp}/gate",
                "dc09": {"host": HOST, "port": ports.dc09, "account": plan["panels"][PANEL]["account"]},
                "door_plate": f"{running.http_url}/d/{door_plate}",
                "resident": {"phone": RESIDENT_PHONE, "code_file": str(code_path(data))},
            }
            _write_facts(data, facts)
            _print_welcome(configuration.compound.name, facts, data)

        await app.run(configuration, data, ready)


def _plan(configuration: Configuration, data: Path, ports: DemoPorts, cameras: int) -> dict[str, Any]:
    """The simulator's settings, see gateway.simulator."""
    accounts = configuration.compound.mqtt.accounts
    return {
        "host": HOST,
        "rtsp_port": ports.rtsp,
        "mqtt_port": ports.mqtt,
        "passwords": {account.user: account.password.get_secret_value() for account in accounts},
        "serial": str(serial_path(data)),
        "modules": str(modbus_path(data)),
        "cache": str(data / "scenes"),
        "extra_cameras": cameras,
        "dc09_port": ports.dc09,
        "sms_port": ports.sms,
        "codes": str(code_path(data)),
        "panels": _panels(configuration),
    }


def _panels(configuration: Configuration) -> dict[str, dict[str, str | None]]:
    """The DC-09 receivers' accounts by their devices' ids, each with its key in hex or None."""
    receivers = (entry.settings for entry in configuration.devices if isinstance(entry.settings, ReceiverSettings))
    return {
        account.id: {"account": account.account, "key": key.hex() if (key := account.cipher_key()) else None}
        for receiver in receivers
        for account in receiver.accounts
    }


def _write_facts(data: Path, facts: Mapping[str, Any]) -> None:
    """Write demo.json atomically: others wait for the file and read it at once."""
    unfinished = data / "demo.json.part"
    unfinished.write_text(json.dumps(facts, indent=2) + "\n")
    unfinished.replace(data / "demo.json")


def _print_welcome(name: str, facts: Mapping[str, Any], data: Path) -> None:
    console = Console()
    console.print(f"\n[bold]{name} · Anju demo[/]   {facts['http']}\n")
    people = Table("sign in as", "password", "role", box=None, pad_edge=False)
    for role in Role:
        people.add_row(role.value, role.value, role.value)
    console.print(people)
    mqtt = facts["mqtt"]
    console.print(f"\ndoor plate   {facts['door_plate']}", soft_wrap=True)
    resident = facts["resident"]
    console.print(f"resident     {facts['http']}/r/   phone {resident['phone']}", soft_wrap=True)
    console.print(f"             the code that would come by SMS: {resident['code_file']}", soft_wrap=True)
    console.print(f"camera       {facts['rtsp']}")
    console.print(f"configured   {data / 'config'}", soft_wrap=True)
    console.print("send a signal of your own (demo.json has all of this):")
    console.print(
        f"  mosquitto_pub -h {mqtt['host']} -p {mqtt['port']} -u {mqtt['user']} -P {mqtt['password']} -q 1"
        f' -t anju/v1/{mqtt["device"]}/signal -m \'{{"kind": "panic.pressed"}}\'',
        soft_wrap=True,
        highlight=False,
    )
    console.print("\nCtrl-C ends it.\n")
