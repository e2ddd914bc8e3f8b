"""Streams of GStreamer's server: each picture byte for byte, as in the file and as FFmpeg reads it."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.ports import free_port
from tests.vision.stream.coded import QUIET, RATE, nals
from tests.vision.stream.unit_collector import running_poller, watch

SERVER = Path(__file__).with_name("gst_server.py")
SIZE, SECONDS = (640, 360), 8
WANTED = 60
CODECS = ("h264", "h265")

PACKAGES = "gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad python3-gi"

pytestmark = pytest.mark.needs("typelib:GstRtspServer-1.0", PACKAGES)

Films = dict[str, Path]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {codec: film(tmp_path_factory.mktemp("films") / f"{codec}.mkv", codec) for codec in CODECS}


def film(path: Path, codec: str) -> Path:
    more = {"x265-params": QUIET, "crf": "34"} if codec == "h265" else {"x264-params": "slices=3", "crf": "28"}
    texture = np.random.default_rng(1).integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": "50", **more}
        stream = container.add_stream(f"libx{codec[1:]}", rate=RATE, options=options)
        assert isinstance(stream, av.VideoStream)
        (stream.width, stream.height), stream.pix_fmt = SIZE, "yuv420p"
        for number in range(SECONDS * RATE):
            texture[40:80] = number * 7 % 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(texture, format="bgr24")))
        container.mux(stream.encode())
    return path


@contextmanager
def served(codec: str, file: Path, way: str, *password: str) -> Iterator[int]:
    port = free_port()
    command = ["/usr/bin/python3", str(SERVER), str(port), codec, str(file), way, *password]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"up\n"
            yield port
        finally:
            process.kill()


def pictures(file: Path, codec: str) -> list[list[bytes]]:
    """NAL units of each access unit in the file, as FFmpeg makes Annex B of them."""
    name = {"h264": "h264", "h265": "hevc"}[codec]
    with av.open(str(file)) as container:
        bitstream = av.BitStreamFilterContext(f"{name}_mp4toannexb", container.streams.video[0])
        packets = [one for packet in container.demux(video=0) if packet.size for one in bitstream.filter(packet)]
    return [list(nals(bytes(packet))) for packet in packets]


def without_delimiters(unit: list[bytes], codec: str) -> list[bytes]:
    """The parser puts delimiters and parameter sets before pictures as it sees fit."""
    if codec == "h264":
        return [nal for nal in unit if nal[0] & 31 not in {6, 7, 8, 9}]
    return [nal for nal in unit if nal[0] >> 1 & 63 not in {32, 33, 34, 35, 39}]


@pytest.mark.parametrize("password", [(), ("admin", "ge@heim")], ids=["open", "digest"])
@pytest.mark.parametrize("way", ["tcp", "udp"])
@pytest.mark.parametrize("codec", CODECS)
def test_every_picture_is_as_in_the_file(codec: str, way: str, password: tuple[str, ...], films: Films) -> None:
    user = "admin:ge%40heim@" if password else ""
    with served(codec, films[codec], way, *password) as port, running_poller() as poller:
        units = watch(poller, f"rtsp://{user}127.0.0.1:{port}/cam", WANTED).wait()
    expected = [without_delimiters(unit, codec) for unit in pictures(films[codec], codec)]
    got = [without_delimiters(unit.nals(), codec) for unit in units[:WANTED]]
    assert got == expected[:WANTED]
    assert [number for number, unit in enumerate(units[:WANTED]) if unit.key] == [0, 50]
    assert not any(unit.lost for unit in units[:WANTED])
    times = [unit.time_s for unit in units[:WANTED]]
    assert times == pytest.approx([number / RATE for number in range(WANTED)], abs=0.002)


@pytest.mark.parametrize("codec", CODECS)
def test_every_picture_is_as_ffmpeg_reads_it(codec: str, films: Films) -> None:
    seen: set[bytes] = set()

    def demux(address: str) -> None:
        with av.open(address, options={"rtsp_transport": "tcp"}) as container:
            for packet in container.demux(video=0):
                seen.add(bytes(packet))
                if len(seen) >= WANTED // 2:
                    return

    with served(codec, films[codec], "tcp") as port, running_poller() as poller:
        address = f"rtsp://127.0.0.1:{port}/cam"
        collector = watch(poller, address, WANTED)
        peer = threading.Thread(target=demux, args=(address,))
        peer.start()
        peer.join(20)
        ours = {unit.data for unit in collector.wait()}
    assert len(seen) == WANTED // 2
    assert seen <= ours


def test_the_cameras_clock_is_told(films: Films) -> None:
    with served("h264", films["h264"], "tcp") as port, running_poller() as poller:
        units = watch(poller, f"rtsp://127.0.0.1:{port}/cam", WANTED).wait()
        deadline = time.monotonic() + SECONDS  # its first report comes within five seconds
        while units[-1].wall_s is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert units[-1].wall_s is not None
        assert abs(units[-1].wall_s - time.time()) < 1.0


def test_a_server_that_is_killed_is_told(films: Films) -> None:
    with running_poller() as poller:
        with served("h264", films["h264"], "tcp") as port:
            collector = watch(poller, f"rtsp://127.0.0.1:{port}/cam", 10)
            collector.wait()
        assert "connection" in collector.wait_for_end() or "broke off" in collector.why
