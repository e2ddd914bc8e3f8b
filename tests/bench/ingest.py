"""Live cameras at rest: what it costs to take in their streams, ours beside a thread a camera over FFmpeg.

`python -m tests.bench.ingest` prints the table; `python -m tests.bench.ingest ours|pyav PORT CAMERAS SECONDS`
is the process that is measured.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import click
from rich.console import Console
from rich.table import Table

from gateway.errors import LinkLost
from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.polling.rtsp_client import RtspClient
from gateway.vision.stream.polling.stream_poller import StreamPoller
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtp.receiver import MediaTrack

CAMERAS, PEER_CAMERAS, RATE = 130, 20, 25
WARM_UP = 12.0
"""Seconds until the rings are full and every stream flows."""


@dataclass(frozen=True, slots=True)
class Intake:
    """`core` is the share of one core, `frames` those a second, `megabytes` a camera takes beyond the base."""

    way: str
    cameras: int
    core: float
    frames: float
    megabytes: float
    base: float

    def line(self) -> str:
        return f"{self.way} {self.cameras} {self.core} {self.frames} {self.megabytes} {self.base}"

    @classmethod
    def of(cls, line: str) -> Intake:
        way, cameras, *figures = line.split()
        return cls(way, int(cameras), *map(float, figures))


class Counting:
    """Keeps the ring as a worker does, and counts."""

    def __init__(self, ring: PacketRing | None) -> None:
        self.ring = ring
        self.units = 0

    def stream_started(self, media: MediaTrack) -> None:
        pass

    def unit_received(self, unit: AccessUnit) -> None:
        self.units += 1
        if self.ring is not None:
            self.ring.add(unit)

    def stream_lost(self, why: LinkLost) -> None:
        raise why


def ours(port: int, cameras: int, seconds: float, *, rings: bool) -> Intake:
    poller, base = StreamPoller(), _resident()
    listeners = [Counting(PacketRing() if rings else None) for _ in range(cameras)]
    poller.start()
    for number, listener in enumerate(listeners):
        poller.add(RtspClient(f"rtsp://127.0.0.1:{port}/cam{number}", listener))
    figures = _measured(lambda: sum(one.units for one in listeners), seconds)
    taken = _resident() - base
    poller.stop()
    return Intake("rings" if rings else "headers", cameras, *figures, taken / cameras, base)


def pyav(port: int, cameras: int, seconds: float) -> Intake:
    """Demux only: not one picture is decoded."""
    counts, over, base = [0] * cameras, threading.Event(), _resident()

    def camera(number: int) -> None:
        with av.open(f"rtsp://127.0.0.1:{port}/cam{number}", options={"rtsp_transport": "tcp"}) as container:
            for _ in container.demux(video=0):
                counts[number] += 1
                if over.is_set():
                    return

    threads = [threading.Thread(target=camera, args=(number,)) for number in range(cameras)]
    for thread in threads:
        thread.start()
    figures = _measured(lambda: sum(counts), seconds)
    taken = _resident() - base
    over.set()
    for thread in threads:
        thread.join()
    return Intake("pyav", cameras, *figures, taken / cameras, base)


def compare(cameras: int = CAMERAS, seconds: float = 20.0) -> list[Intake]:
    """Each way in a process of its own, one after the other; the peer with fewer cameras."""
    with _server(cameras) as port:
        ways = (("headers", cameras), ("rings", cameras), ("pyav", min(cameras, PEER_CAMERAS)))
        return [_apart(way, port, number, seconds) for way, number in ways]


def table(seen: list[Intake]) -> Table:
    cameras = max(one.cameras for one in seen)
    title = f"live RTSP, 640×360, {RATE} fps, 0.6 Mbit/s, nothing moves; for {cameras} cameras"
    made = Table("how", "cameras", "fps", f"% of a core for {cameras}", "MB a camera", title=title, min_width=90)
    names = {"headers": "swept, headers", "rings": "swept, 10 s kept", "pyav": "PyAV, a thread a camera, demux only"}
    for one in seen:
        share = 100 * one.core * cameras / one.cameras
        scaled = "" if one.cameras == cameras else " (scaled)"
        fps = one.frames / one.cameras
        made.add_row(names[one.way], str(one.cameras), f"{fps:.1f}", f"{share:.1f}{scaled}", f"{one.megabytes:.2f}")
    return made


def _measured(count: object, seconds: float) -> tuple[float, float]:
    assert callable(count)
    time.sleep(WARM_UP)
    began, used, frames = time.monotonic(), _cpu(), count()
    time.sleep(seconds)
    passed = time.monotonic() - began
    return (_cpu() - used) / passed, (count() - frames) / passed


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _resident() -> float:
    """Megabytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024


@contextmanager
def _server(cameras: int) -> Iterator[int]:
    command = [sys.executable, "-m", "tests.bench.streams", str(cameras)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def _apart(way: str, port: int, cameras: int, seconds: float) -> Intake:
    command = [sys.executable, "-m", "tests.bench.ingest", way, str(port), str(cameras), str(seconds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Intake.of(done.stdout)


def main() -> None:
    if len(sys.argv) == 5:
        way, port, cameras, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
        done = pyav(port, cameras, seconds) if way == "pyav" else ours(port, cameras, seconds, rings=way == "rings")
        click.echo(done.line())
    else:
        Console().print(table(compare()))


if __name__ == "__main__":
    main()
