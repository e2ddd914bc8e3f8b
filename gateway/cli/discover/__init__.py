"""`anju discover`: what is out there, as a table and as stubs for devices.yaml.

Each way of looking is a file of this folder with a function `find`; a new one is one more file, named in WAYS.
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
"""The ways of looking, each with its module."""


@click.command()
@click.option(
    "--only", type=click.Choice(sorted(METHODS)), multiple=True, help="Look in this way alone; may be repeated."
)
@click.option("--seconds", type=click.FloatRange(0.2, 60), default=3.0, show_default=True, help="How long to listen.")
@click.option("--interface", metavar="ADDRESS", help="The address of our own network card to ask from.")
@click.option("--host", "hosts", multiple=True, metavar="HOST[:PORT]", help="Ask this host too; may be repeated.")
@click.option(
    "--broker", "brokers", multiple=True, metavar="HOST[:PORT]", help="Listen at this MQTT broker; repeatable."
)
@click.option(
    "--line",
    "lines",
    multiple=True,
    metavar="PORT[:BAUD]",
    help="Ask who is on this Modbus line, or behind tcp://HOST:PORT (502: Modbus TCP); half a minute a speed.",
)
@click.option("--user", default="", help="A user of the cameras, to learn models and streams; or of the broker.")
@click.option("--password-stdin", is_flag=True, help="Read that user's password from the first line of standard input.")
@click.option("--insecure", is_flag=True, help="Take any certificate of a camera that speaks https.")
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
    wish = DiscoveryOptions(
        seconds,
        interface,
        tuple(hosts),
        user,
        _password(user, password_stdin),
        verify_tls=not insecure,
        brokers=brokers,
        lines=lines,
    )
    if out is not None and out.exists():
        raise click.ClickException(f"{out} exists; name a new file")
    ways = only or list(METHODS)
    findings = asyncio.run(_look(ways, wish))
    if not findings:
        click.echo("\n".join(["nothing answered; try", *(f"  {_mend(way, wish)}" for way in ways)]))
        return
    Console(width=None if sys.stdout.isatty() else 120).print(_table(findings))
    if out is not None:
        with out.open("x", encoding="utf-8") as file:
            file.write(stubs(findings))
        click.echo(f"{len(findings)} written to {out}: give each its place, and move it to devices.yaml")


def _mend(way: str, wish: DiscoveryOptions) -> str:
    """What may help to find something in this way."""
    match way:
        case "modbus" if wish.lines:
            return "modbus: the wires A and B changed over, another PORT:BAUD, tcp://HOST:502 for Modbus TCP"
        case "modbus":
            return "modbus: --line PORT, the line to ask"
        case "mqtt" if wish.brokers:
            return "mqtt: a longer --seconds, for devices that seldom speak"
        case "mqtt":
            return "mqtt: --broker HOST, the broker to listen at"
        case "serial":
            return "serial: plug the adapter in, and see whether the system knows it (dmesg)"
    return "onvif: --interface, a longer --seconds, or --host for a device behind a router"


async def _look(ways: Sequence[str], wish: DiscoveryOptions) -> list[DiscoveredDevice]:
    """All ways at once."""
    looked = await asyncio.gather(*(import_module(METHODS[way]).find(wish) for way in ways))
    return [finding for found in looked for finding in found]


def _password(user: str, from_stdin: bool) -> str:
    if not user:
        if from_stdin:
            raise click.UsageError("--password-stdin needs --user")
        return ""
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt(f"Password of {user}", hide_input=True, err=True)
    return password


def _table(findings: Sequence[DiscoveredDevice]) -> Table:
    """What devices call themselves is shown as it is, never as markup."""
    table = Table("kind", "address", "what", "more", show_lines=True)
    for finding in findings:
        table.add_row(*map(Text, (finding.kind, finding.address, finding.what, "\n".join(finding.notes))))
    return table
