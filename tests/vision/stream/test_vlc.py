"""Streams of VLC's server, which knows datagrams alone: each picture byte for byte, as in the file.

FFmpeg is no peer here: it reads RTSP, publishes it to a server, and can be published to (`-rtsp_flags listen`),
but it answers no DESCRIBE, so that no player can ask it for a stream.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest

from tests.support.ports import free_port, wait_for_port
from tests.vision.stream.test_gst import CODECS, RATE, SECONDS, Films, film, pictures, without_delimiters
from tests.vision.stream.unit_collector import PATIENCE, UnitCollector, running_poller, watch

TIMES = 8
"""How often the film is shown: VLC begins when it is started, not when somebody asks."""
WANTED = 60
NOBODY = 65534
"""VLC refuses to run as root."""

pytestmark = pytest.mark.needs("cvlc", "vlc-bin vlc-plugin-base")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    folder = tmp_path_factory.mktemp("films")
    return {codec: film(folder / f"{codec}.mkv", codec) for codec in CODECS}


def over_and_over(file: Path) -> Path:
    """The same pictures again and again, not encoded again."""
    longer = file.with_stem(f"{file.stem}-{TIMES}")
    with av.open(str(longer), "w") as out:
        for time_ in range(TIMES):
            with av.open(str(file)) as container:
                stream = container.streams.video[0]
                copy = out.streams.video[0] if out.streams.video else out.add_stream_from_template(stream)
                for packet in (packet for packet in container.demux(stream) if packet.size):
                    assert packet.pts is not None
                    assert packet.time_base is not None
                    packet.pts = packet.dts = packet.pts + round(time_ * SECONDS / packet.time_base)
                    packet.stream = copy
                    out.mux(packet)
    return longer


@contextmanager
def served(file: Path) -> Iterator[str]:
    """Its address. The film comes as an open file, since nobody else may look into our folders."""
    port = free_port()
    address = f"rtsp://127.0.0.1:{port}/cam"
    command = ["cvlc", "--intf", "dummy", "--no-plugins-cache", "--sout", f"#rtp{{sdp={address}}}", "fd://0"]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with file.open("rb") as opened, subprocess.Popen(command, stdin=opened, **quiet) as process:
        try:
            wait_for_port(port, PATIENCE, lambda: process.poll() is None)
            yield address
        finally:
            process.kill()


def received(address: str, **more: tuple[str, ...]) -> UnitCollector:
    """VLC knows no such stream until it has read the film's beginning."""
    with running_poller() as poller:
        deadline = time.monotonic() + PATIENCE
        while True:
            collector = watch(poller, address, WANTED, **more)
            while not (collector.enough.wait(0.1) or collector.over.is_set()):
                assert time.monotonic() < deadline, f"{len(collector.units)} units"
            if collector.enough.is_set():
                return collector
            assert "no such stream" in collector.why, collector.why


@pytest.mark.parametrize("transports", [("udp",), ("tcp", "udp")], ids=["udp", "auto"])
@pytest.mark.parametrize("codec", CODECS)
def test_every_picture_is_as_in_the_file(codec: str, transports: tuple[str, ...], films: Films) -> None:
    with served(over_and_over(films[codec])) as address:
        units = received(address, transports=transports).units[:WANTED]
    shown = [without_delimiters(unit, codec) for unit in pictures(films[codec], codec)] * 2
    got = [without_delimiters(unit.nals(), codec) for unit in units]
    assert any(got == shown[first : first + WANTED] for first in range(len(shown) // 2))
    assert not any(unit.lost for unit in units)
    times = [unit.time_s for unit in units]
    assert times == pytest.approx([number / RATE for number in range(WANTED)], abs=0.002)
