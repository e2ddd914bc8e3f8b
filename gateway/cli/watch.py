"""`anju watch`: what devices say, as it comes, for whoever stands at the wall with a laptop."""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from gateway.cli.common import data_option
from gateway.cli.control_client import is_running
from gateway.model import Signal, as_data
from gateway.store.journal_tail import JournalTail
from gateway.store.quarantine import QuarantineEntry as Unreadable

LOOK_S = 0.1
_LEFT_OUT = frozenset({"snapshot", "box"})


@click.command()
@click.option("--device", "devices", multiple=True, metavar="ID", help="Of this device alone; may be repeated.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Of this kind alone, such as zone.alarm or zone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--seconds", type=click.FloatRange(min=0), help="End after so many seconds; else at Ctrl-C.")
@data_option
def command(devices: tuple[str, ...], kinds: tuple[str, ...], as_json: bool, seconds: float | None, data: Path) -> None:
    """Show signals as they are committed, and what of a device could not be read.

    Reads the record of the gateway that runs on this data; it costs the gateway nothing.
    """
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200)
    tail = JournalTail(data)
    if not is_running(data):
        click.echo(f"no gateway runs on {data} now", err=True)
    if not as_json:
        console.print("[dim]waiting for signals; Ctrl-C ends it[/]")
    try:
        for said in _said(tail, seconds):
            if _is_wanted(said, devices, kinds):
                click.echo(json.dumps(_plain(said), ensure_ascii=False)) if as_json else console.print(_line(said))
    except KeyboardInterrupt:
        pass
    finally:
        tail.close()


def _said(tail: JournalTail, seconds: float | None) -> Iterator[Signal | Unreadable]:
    pause = threading.Event()
    end = math.inf if seconds is None else time.monotonic() + seconds
    while time.monotonic() < end:
        yield from tail.signals()
        yield from tail.quarantined()
        pause.wait(LOOK_S)


def _is_wanted(said: Signal | Unreadable, devices: tuple[str, ...], kinds: tuple[str, ...]) -> bool:
    if devices and said.device not in devices:
        return False
    if not kinds:
        return True
    return isinstance(said, Signal) and any(said.kind == kind or said.kind.startswith(f"{kind}.") for kind in kinds)


def _plain(said: Signal | Unreadable) -> dict[str, object]:
    if isinstance(said, Unreadable):
        return {
            "device": said.device,
            "unreadable": as_data(said.why),
            "at": said.at.isoformat(),
            "data": said.data.hex(),
        }
    at = said.at.isoformat() if said.at else None
    return {
        "number": said.number,
        "device": said.device,
        "kind": said.kind,
        "received": said.time.isoformat(),
        "at": at,
        "data": dict(said.data),
    }


def _line(said: Signal | Unreadable) -> Text:
    if isinstance(said, Unreadable):
        return Text.assemble(
            _clock(said.at),
            "  ",
            (said.device.ljust(20), "bold"),
            (" unreadable: ", "red"),
            _shown(as_data(said.why)),
            ("  " + said.data.hex(" "), "dim"),
        )
    style = "bold red" if said.is_alarm else "dim" if said.kind.startswith("device.") else "cyan"
    details = "  ".join(f"{key}={_shown(value)}" for key, value in said.data.items() if key not in _LEFT_OUT)
    skew = f"  its clock {(said.at - said.time).total_seconds():+.1f} s" if said.at else ""
    kind = (said.kind.ljust(20), style)
    return Text.assemble(
        _clock(said.time), "  ", (said.device.ljust(20), "bold"), " ", kind, " ", details, (skew, "dim")
    )


def _shown(value: object) -> str:
    """Words of two languages one after the other."""
    if isinstance(value, dict) and value.keys() == {"zh", "en"}:
        return f"{value['zh']} / {value['en']}"
    return str(value)


def _clock(at: datetime) -> tuple[str, str]:
    return f"{at.astimezone():%H:%M:%S}.{at.microsecond // 100_000}", "dim"
