"""`anju discover`: finds devices, and prints them as a table and as stubs for devices.yaml.

Each method is a module of this package with a function `discover`; a new one is one more module, listed in METHODS.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.discover.results import DiscoveredDevice, DiscoveryOptions
from gateway.cli.discover.stubs import stubs

METHODS = {
    "onvif": "gateway.cli.discover.onvif",
    "serial": "gateway.cli.discover.serial_ports",
    "mqtt": "gateway.cli.discover.mqtt",
    "modbus": "gateway.cli.discover.modbus",
}
"""The discovery methods, each with its module."""


@click.command()
@click.option("--only", type=click.Choice(sorted(METHODS)), multiple=True, help="Use this method only; repeatable.")
@click.option("--seconds", type=click.FloatRange(0.2, 60), default=3.0, show_default=True, help="How long to listen.")
@click.option("--interface", metavar="ADDRESS", help="The address of our network card to send from.")
@click.option("--host", "hosts", multiple=True, metavar="HOST[:PORT]", help="Probe this host too; repeatable.")
@click.option(
    "--broker", "brokers", multiple=True, metavar="HOST[:PORT]", help="Listen at this MQTT broker; repeatable."
)
@click.option(
    "--line",
    "lines",
    multiple=True,
    metavar="PORT[:BAUD]",
    help="Scan this Modbus line, or tcp://HOST:PORT (502: Modbus TCP); half a minute per baud rate.",
)
@click.option("--user", default="", help="A user of the cameras, to read models and streams; or of the broker.")
@click.option("--password-stdin", is_flag=True, help="Read that user's password from the first line of standard input.")
@click.option("--insecure", is_flag=True, help="Accept any https certificate of a camera.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write stubs here; never overwrites.")
def command(
    only: Sequence[str],
    seconds: float,
    interface: str | None,
    hosts: Sequence[str],
    brokers: Sequence[str],
    lines: Sequence[str],
    user: str,
    password_stdin: bool,
    insecure: bool,
    out: Path | None,
) -> None:
    """Find devices and write stubs for devices.yaml. A password is never printed, nor written."""
    options = DiscoveryOptions(
        seconds,
        interface,
        tuple(hosts),
        user,
        _password(user, password_stdin),
        verify_tls=not insecure,
        brokers=brokers,
        lines=lines,
    )
    # Before the scan, which may take minutes.
    if out is not None and out.exists():
        raise click.ClickException(f"{out} exists; name a new file")
    methods = only or list(METHODS)
    devices = asyncio.run(_discover_all(methods, options))
    if not devices:
        click.echo("\n".join(["nothing answered; try", *(f"  {_hint(method, options)}" for method in methods)]))
        return
    Console(width=None if sys.stdout.isatty() else 120).print(_table(devices))
    if out is not None:
        with out.open("x", encoding="utf-8") as file:
            file.write(stubs(devices))
        click.echo(f"{len(devices)} written to {out}: give each its place, and move it to devices.yaml")


def _hint(method: str, options: DiscoveryOptions) -> str:
    """What may help if this method finds nothing."""
    match method:
        case "modbus" if options.lines:
            return "modbus: swapping the wires A and B, another PORT:BAUD, tcp://HOST:502 for Modbus TCP"
        case "modbus":
            return "modbus: --line PORT, the line to scan"
        case "mqtt" if options.brokers:
            return "mqtt: a longer --seconds, for devices that seldom publish"
        case "mqtt":
            return "mqtt: --broker HOST, the broker to listen at"
        case "serial":
            return "serial: plug the adapter in, and check that the system detects it (dmesg)"
    return "onvif: --interface, a longer --seconds, or --host for a device behind a router"


async def _discover_all(methods: Sequence[str], options: DiscoveryOptions) -> list[DiscoveredDevice]:
    """Run the methods at the same time."""
    results = await asyncio.gather(*(import_module(METHODS[method]).discover(options) for method in methods))
    return [device for found in results for device in found]


def _password(user: str, from_stdin: bool) -> str:
    if not user:
        if from_stdin:
            raise click.UsageError("--password-stdin needs --user")
        return ""
    # Never as an argument: other users of this machine can see those.
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt(f"Password of {user}", hide_input=True, err=True)
    return password


def _table(devices: Sequence[DiscoveredDevice]) -> Table:
    """Texts from devices are shown literally, never as markup."""
    table = Table("kind", "address", "what", "more", show_lines=True)
    for device in devices:
        table.add_row(*map(Text, (device.kind, device.address, device.summary, "\n".join(device.notes))))
    return table
