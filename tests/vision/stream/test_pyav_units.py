"""Files as access units: the same NAL units, whichever way the container holds them."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

import av
import pytest
from hypothesis import given, strategies

from gateway.errors import BadInput
from gateway.vision.stream.fmp4.remux import Remuxer, mux_clip
from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.pyav_source import PyAvSource
from gateway.vision.stream.pyav_units import PyAvUnits
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtp.codec import annex_b
from tests.vision.stream.coded import encoded, packed, received

CODECS = ("h264", "hevc")


def read(file: Path) -> list[AccessUnit]:
    with closing(PyAvSource(str(file))) as source:
        units = PyAvUnits(source.coding)
        return [units.access_unit(packet) for packet in source.packets()]


@pytest.mark.parametrize("kind", ["mp4", "mkv", "raw"])
@pytest.mark.parametrize("codec", CODECS)
def test_units_of_a_file_are_those_that_went_in(codec: str, kind: str, tmp_path: Path) -> None:
    pictures = encoded(codec, 30)
    live = received(codec, packed(codec, pictures))
    file = tmp_path / "clip.mp4"
    file.write_bytes(mux_clip(live))
    if kind == "raw":
        file = tmp_path / f"clip.{codec}"
        file.write_bytes(b"".join(annex_b(picture) for picture in pictures))
    elif kind == "mkv":
        file = remuxed(file, tmp_path / "clip.mkv")
    units = read(file)
    assert [unit.key for unit in units] == [unit.key for unit in live]
    assert units[0].format.parameters == live[0].format.parameters
    rank = units[0].format.codec.parameter_set_rank
    slices = [[nal for nal in unit.nals() if rank(nal) is None] for unit in units]
    assert slices == [[nal for nal in picture if rank(nal) is None] for picture in pictures]
    remuxer = Remuxer()
    assert sum(len(remuxer.push(unit)) for unit in units) == 30


def remuxed(source: Path, target: Path) -> Path:
    with av.open(str(source)) as taken, av.open(str(target), "w") as given:
        stream = given.add_stream_from_template(taken.streams.video[0])
        for packet in taken.demux(video=0):
            if packet.size:
                packet.stream = stream
                given.mux(packet)
    return target


def test_other_codecs_are_told() -> None:
    with pytest.raises(BadInput, match="mjpeg"):
        PyAvUnits(CodecParameters("mjpeg"))


@given(strategies.sampled_from(CODECS), strategies.binary(max_size=60), strategies.binary(max_size=60))
def test_any_bytes_are_survived(codec: str, extra: bytes, data: bytes) -> None:
    for front in (b"", b"\1" + bytes(20)):
        with suppress(BadInput):
            unit = PyAvUnits(CodecParameters(codec, front + extra)).access_unit(Packet(0.0, True, len(data), data))
            assert len(unit.data) <= 5 * len(data)
