"""`anju capture`: records the bytes on a device's link in a file that a test can replay."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from gateway.cli.common import check_new_file, data_option
from gateway.cli.control_client import connect

EXTRA_TIMEOUT_S = 30.0
"""Beyond the capture's own time, for a busy gateway."""


@click.command()
@click.argument("device")
@click.option("--seconds", type=click.FloatRange(0.1, 86_400), default=60.0, show_default=True, help="How long.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file; default: DEVICE.jsonl in this folder."
)
@click.option("--quiet", is_flag=True, help="Do not show the bytes.")
@data_option
def command(device: str, seconds: float, out: Path | None, quiet: bool, data: Path) -> None:
    """Record the bytes between DEVICE and the gateway, while both go on working.

    Secrets of its YAML and long numbers (phones, identity cards) are overwritten before they leave the
    gateway; card numbers and PINs from a reader are not. Never overwrites a file. Attach the file when you
    report a device that the gateway does not understand.
    """
    file = check_new_file(out or Path(f"{device}.jsonl"))
    # Without a terminal rich would cut lines at 80 columns.
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200)
    pieces, left_out, why = 0, 0, "the gateway stopped"
    with connect(data, seconds + EXTRA_TIMEOUT_S) as answers:
        try:
            for answer in answers({"do": "capture", "device": device, "seconds": seconds}):
                match answer.pop("say"):
                    case "refused":
                        raise click.ClickException("; ".join(answer["mistakes"]))
                    case "end":
                        left_out, why = answer["left_out"], answer.get("why", "")
                    case word:
                        pieces += word == "piece"
                        _append(file, answer)
                        if not quiet and word == "piece":
                            console.print(_formatted(answer))
        except KeyboardInterrupt:
            why = ""
            console.print()
    more = f", {left_out} left out: too many at once" if left_out else ""
    console.print(f"{pieces} pieces in {file}{more}")
    if why:
        raise click.ClickException(f"ended early: {why}")
    if not pieces:
        console.print("no bytes came: does the device have power, and is its address right?")


def _append(file: Path, answer: dict[str, Any]) -> None:
    # The file is opened for each line, so that nothing captured is lost if the command is killed.
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")


def _formatted(piece: dict[str, Any]) -> Text:
    data = bytes.fromhex(piece["data"])
    arrow = ("→ device ", "yellow") if piece["way"] == "out" else ("← device ", "cyan")
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data[:64])
    more = " …" if len(data) > 64 else ""
    peer = (f"  {piece['peer']}", "dim") if "peer" in piece else ""
    return Text.assemble((f"{piece['t']:9.3f} ", "dim"), arrow, f"{data[:64].hex(' ')}{more}  ", (text, "green"), peer)
