"""`anju watch`: shows signals as they are stored, for installers at a device."""

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
from gateway.store.quarantine import QuarantineEntry

POLL_INTERVAL_S = 0.1
_HIDDEN_KEYS = frozenset({"snapshot", "box"})


@click.command()
@click.option("--device", "devices", multiple=True, metavar="ID", help="Only this device; repeatable.")
@click.option(
    "--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind, such as zone.alarm or zone; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--seconds", type=click.FloatRange(min=0), help="Stop after so many seconds; default: at Ctrl-C.")
@data_option
def command(devices: tuple[str, ...], kinds: tuple[str, ...], as_json: bool, seconds: float | None, data: Path) -> None:
    """Show signals as they are stored, and messages of devices that could not be decoded.

    Reads the database of the gateway that runs on this data, without any load for the gateway.
    """
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200)
    tail = JournalTail(data)
    if not is_running(data):
        click.echo(f"no gateway runs on {data} now", err=True)
    if not as_json:
        console.print("[dim]waiting for signals; stop with Ctrl-C[/]")
    try:
        for item in _follow(tail, seconds):
            if _is_selected(item, devices, kinds):
                click.echo(json.dumps(_as_json(item), ensure_ascii=False)) if as_json else console.print(_line(item))
    except KeyboardInterrupt:
        pass
    finally:
        tail.close()


def _follow(tail: JournalTail, seconds: float | None) -> Iterator[Signal | QuarantineEntry]:
    pause = threading.Event()  # lint bans time.sleep, and Ctrl-C interrupts this wait at once
    end = math.inf if seconds is None else time.monotonic() + seconds
    while time.monotonic() < end:
        yield from tail.signals()
        yield from tail.quarantined()
        pause.wait(POLL_INTERVAL_S)


def _is_selected(item: Signal | QuarantineEntry, devices: tuple[str, ...], kinds: tuple[str, ...]) -> bool:
    if devices and item.device not in devices:
        return False
    if not kinds:
        return True
    return isinstance(item, Signal) and any(item.kind == kind or item.kind.startswith(f"{kind}.") for kind in kinds)


def _as_json(item: Signal | QuarantineEntry) -> dict[str, object]:
    if isinstance(item, QuarantineEntry):
        return {
            "device": item.device,
            "unreadable": as_data(item.why),
            "at": item.at.isoformat(),
            "data": item.data.hex(),
        }
    at = item.at.isoformat() if item.at else None
    return {
        "number": item.number,
        "device": item.device,
        "kind": item.kind,
        "received": item.time.isoformat(),
        "at": at,
        "data": dict(item.data),
    }


def _line(item: Signal | QuarantineEntry) -> Text:
    if isinstance(item, QuarantineEntry):
        return Text.assemble(
            _clock(item.at),
            "  ",
            (item.device.ljust(20), "bold"),
            (" unreadable: ", "red"),
            _as_text(as_data(item.why)),
            ("  " + item.data.hex(" "), "dim"),
        )
    style = "bold red" if item.is_alarm else "dim" if item.kind.startswith("device.") else "cyan"
    details = "  ".join(f"{key}={_as_text(value)}" for key, value in item.data.items() if key not in _HIDDEN_KEYS)
    skew = f"  its clock {(item.at - item.time).total_seconds():+.1f} s" if item.at else ""
    kind = (item.kind.ljust(20), style)
    return Text.assemble(
        _clock(item.time), "  ", (item.device.ljust(20), "bold"), " ", kind, " ", details, (skew, "dim")
    )


def _as_text(value: object) -> str:
    """The value as text; both languages of a bilingual one."""
    if isinstance(value, dict) and value.keys() == {"zh", "en"}:
        return f"{value['zh']} / {value['en']}"
    return str(value)


def _clock(at: datetime) -> tuple[str, str]:
    return f"{at.astimezone():%H:%M:%S}.{at.microsecond // 100_000}", "dim"
