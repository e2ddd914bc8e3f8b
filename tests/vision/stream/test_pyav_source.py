from __future__ import annotations

import socket
import time
from contextlib import closing
from itertools import islice
from pathlib import Path
from threading import Event, Timer

import numpy as np
import pytest

from gateway.errors import BadInput, LinkLost
from gateway.vision.stream import pyav_source
from gateway.vision.stream.decoder import DecodedFrame, PacketDecoder
from gateway.vision.stream.file_frames import is_photograph, photograph, sampled_frames
from gateway.vision.stream.packet import Packet
from gateway.vision.stream.pyav_source import PyAvSource
from tests.vision.clips import RATE, wall, write_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = [np.roll(wall(), 6 * number, axis=1) for number in range(30)]
    return write_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", pictures)


def frames(file: Path) -> list[DecodedFrame]:
    return list(sampled_frames(str(file)))


def test_a_file_gives_packets_with_time_size_and_keyframes(clip: Path) -> None:
    with closing(PyAvSource(str(clip))) as source:
        packets = list(source.packets())
    assert [packet.time for packet in packets] == pytest.approx([number / RATE for number in range(30)], abs=1e-3)
    assert [number for number, packet in enumerate(packets) if packet.key] == [0, 20]
    assert all(packet.size == len(packet.data) for packet in packets)


def test_frames_come_back_as_they_went_in(clip: Path) -> None:
    seen = frames(clip)
    assert len(seen) == 30
    assert seen[7].time == pytest.approx(0.7, abs=1e-3)
    assert seen[7].size == (640, 360)
    difference = np.abs(seen[7].bgr.astype(int) - np.roll(wall(), 42, axis=1))
    assert difference.mean() < 8
    assert seen[7].luma(160).shape == (90, 160)
    assert seen[7].luma(4000).shape == (360, 640)


def test_a_file_in_a_loop_has_a_time_that_goes_on(clip: Path) -> None:
    with closing(PyAvSource(str(clip), loop=True)) as source:
        times = [packet.time for packet in islice(source.packets(), 75)]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(7.4, abs=0.3)


def test_a_paced_file_takes_its_time_and_stops_when_told(clip: Path) -> None:
    stop = Event()
    with closing(PyAvSource(str(clip), loop=True, paced=True, stop=stop)) as source:
        Timer(0.5, stop.set).start()
        began = time.monotonic()
        count = len(list(source.packets()))
    assert time.monotonic() - began == pytest.approx(0.5, abs=0.4)
    assert 2 < count < 12


def test_a_damaged_packet_is_skipped_and_counted(clip: Path) -> None:
    with closing(PyAvSource(str(clip))) as source:
        decoder = PacketDecoder(source.coding)
        seen = 0
        for number, packet in enumerate(source.packets()):
            broken = Packet(packet.time, packet.key, packet.size, b"\0\0\0\x05garbage!" * 20)
            empty = Packet(packet.time, packet.key, packet.size, b"")
            seen += len(list(decoder.decode({5: broken, 6: broken, 7: empty}.get(number, packet))))
    assert decoder.damaged == 3
    assert seen >= 25


def test_one_thread_decodes(clip: Path) -> None:
    with closing(PyAvSource(str(clip))) as source:
        context = PacketDecoder(source.coding)._context
    assert context.thread_count == 1
    assert context.thread_type.name == "NONE"


@pytest.mark.parametrize("source", ["/nowhere/gate.mp4", "rtsp://admin:geheim@127.0.0.1:1/ch1"])
def test_what_is_not_there_is_a_lost_link_without_its_password(source: str) -> None:
    with pytest.raises(LinkLost, match="can't be opened") as caught:
        PyAvSource(source)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_camera_that_accepts_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyav_source, "OPEN_TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LinkLost, match="no answer"):
            PyAvSource(f"rtsp://admin:geheim@127.0.0.1:{port}/ch1")


def test_photographs_are_told_from_clips(clip: Path, tmp_path: Path) -> None:
    import cv2

    still = tmp_path / "照片.jpg"
    cv2.imencode(".jpg", wall())[1].tofile(still)
    assert is_photograph(str(still))
    assert not is_photograph(str(clip))
    assert photograph(str(still)).shape == (360, 640, 3)
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(still.read_bytes()[:20_000])
    assert photograph(str(cut)).shape == (360, 640, 3)
    (tmp_path / "none.jpg").write_bytes(b"nothing")
    with pytest.raises(BadInput, match=r"none\.jpg"):
        photograph(str(tmp_path / "none.jpg"))
