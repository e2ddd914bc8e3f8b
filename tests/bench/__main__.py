"""`python -m tests.bench [PART…]`: figures and ratios on this machine. It judges nothing.

Each part is a module beside this one and runs alone as well: `python -m tests.bench.plates`.
"""

from __future__ import annotations

import subprocess
import sys
import time

import click
from rich.console import Console

PARTS = {
    "signals": "from the device's byte to the guard's screen; group commit (1 min)",
    "dc09": "fifty alarm panels over IP, ACK after the commit, beside pysiaalarm (1 min)",
    "described": "devices described in YAML: framed lines, HTTP push, syslog (1 min)",
    "start": "a start after five million signals in a day, from saved states and without; its longest lists (5 min)",
    "desk": "10,000 open alerts and 50 changes a second in Chromium: frames, memory, answers (2 min)",
    "figures": "a month of 100,000 alerts in figures, its search and its audit, beside SQLite's count (2 min)",
    "access": "from the card to the command, with 20,000 credentials and 200 signals/s, beside the commit (2 min)",
    "people": "5,000 households with 15,000 people and 20,000 cards and PINs: imported, searched, exported (1 min)",
    "reload": "a configuration changed under load, read again beside a restart (1 min)",
    "modbus": "32 Modbus modules at 9600 baud, three of them dead, beside pymodbus's client (2 min)",
    "osdp": "a card from the reader to its committed signal, by readers and baud, beside libosdp's own thread (7 min)",
    "intercom": "a door station's call, its answer and its sound; what baresip costs (1 min)",
    "plan": "the plan with 500 devices and 100 pulsing alarms in Chromium, beside none (1 min)",
    "ingest": "130 live streams, ours beside a thread a camera (2 min)",
    "worker130": "a vision worker with 130 cameras, still and ten busy, beside OpenCV and motion (6 min)",
    "motion": "recall, false events and CPU beside every-frame OpenCV and motion (3 min)",
    "pages": "what a phone loads at a door plate, page by page (some seconds)",
    "plates": "number plates beside the former way and RapidOCR as shipped (5 min)",
    "codes": "QR codes of passes at a gate camera, beside OpenCV's detector (1 min)",
    "faces": "faces beside face_recognition (1 min)",
}


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
def main(parts: tuple[str, ...]) -> None:
    """Run PARTS, or all of them."""
    console = Console(width=None if Console().is_terminal else 110)
    faults = []
    for part in parts or PARTS:
        console.rule(f"[bold]{part}[/bold]: {PARTS[part]}")
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", f"tests.bench.{part}"], check=False)
        console.print(f"[dim]{part} took {time.monotonic() - began:.0f} s[/dim]")
        if done.returncode:
            faults.append(part)
    if faults:
        raise click.ClickException(f"these could not be measured: {', '.join(faults)}")


if __name__ == "__main__":
    main()
