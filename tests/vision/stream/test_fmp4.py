"""Fragmented MP4 as others read it: ffprobe has nothing to say against it, and every picture is there."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given, strategies

from gateway.errors import BadInput
from gateway.vision.stream.fmp4.remux import Remuxer, mux_clip
from gateway.vision.stream.fmp4.sps import parse_h264_sps, parse_h265_sps, sps_info
from gateway.vision.stream.rtp.access_unit import AccessUnit
from tests.vision.stream.coded import FORMATS, RATE, encoded, packed, received

SIZES = [(320, 192), (638, 358), (1920, 1080)]
CODECS = ("h264", "hevc")


def units(codec: str, count: int = 60, **more) -> list[AccessUnit]:
    return received(codec, packed(codec, encoded(codec, count, **more)))


def judged(file: Path) -> dict:
    """What ffprobe reads; it must have nothing to complain of, and every picture must decode."""
    asked = ["ffprobe", "-v", "warning", "-count_frames", "-show_streams", "-show_format", "-of", "json", str(file)]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    decoded = subprocess.run(
        ["ffmpeg", "-v", "warning", "-i", str(file), "-f", "null", "-"], capture_output=True, check=True
    )
    assert decoded.stderr == b""
    told = json.loads(done.stdout)
    return {**told["streams"][0], "seconds": float(told["format"]["duration"])}


@pytest.mark.needs("ffprobe", "ffmpeg")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("codec", CODECS)
def test_a_clip_is_a_file_that_plays(codec: str, size: tuple[int, int], tmp_path: Path) -> None:
    file = tmp_path / "clip.mp4"
    taken = units(codec, 30, size=size)
    file.write_bytes(mux_clip(taken))
    told = judged(file)
    assert (told["codec_name"], told["width"], told["height"]) == (codec, *size)
    assert told["codec_tag_string"] == {"h264": "avc1", "hevc": "hvc1"}[codec]
    assert int(told["nb_read_frames"]) == 30
    assert told["seconds"] == pytest.approx(30 / RATE, abs=0.01)
    assert told["r_frame_rate"] == f"{RATE}/1"


@pytest.mark.needs("ffprobe", "ffmpeg")
@pytest.mark.parametrize("codec", CODECS)
def test_live_is_an_init_segment_and_a_fragment_a_picture(codec: str, tmp_path: Path) -> None:
    remuxer, taken = Remuxer(), units(codec)
    segments = [segment for unit in taken for segment in remuxer.push(unit)]
    assert [segment.is_init for segment in segments] == [True] + [False] * 59
    file = tmp_path / "live.mp4"
    file.write_bytes(b"".join(segment.data for segment in segments))
    assert int(judged(file)["nb_read_frames"]) == 59


@pytest.mark.parametrize("codec", CODECS)
def test_the_pictures_are_the_ones_that_came(codec: str, tmp_path: Path) -> None:
    taken = units(codec)
    file = tmp_path / "clip.mp4"
    file.write_bytes(mux_clip(taken))
    with av.open(str(file)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert [packet.is_keyframe for packet in packets] == [unit.key for unit in taken]
        assert [float((packet.pts or 0) * packet.time_base) for packet in packets] == pytest.approx(
            [u.time_s for u in taken]
        )
        frames = [bytes(frame.planes[0]) for packet in packets for frame in packet.decode()]
    decoder = av.CodecContext.create(codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    straight = [bytes(frame.planes[0]) for unit in taken for frame in decoder.decode(av.Packet(unit.data))]
    straight += [bytes(frame.planes[0]) for frame in decoder.decode(None)]
    assert frames == straight[: len(frames)]
    assert len(frames) >= len(taken) - 1


def test_codecs_are_named_as_browsers_name_them() -> None:
    assert sps_info(units("h264", 2)[0].format).codec == "avc1.42c00c"
    assert sps_info(units("hevc", 2)[0].format).codec == "hvc1.1.6.L60.90"


def test_pictures_shown_out_of_order_keep_their_time(tmp_path: Path) -> None:
    pictures = encoded("h264", 40, options={"tune": "psnr", "preset": "veryfast", "x264-params": "bframes=2:b-adapt=0"})
    shown = [0, *(at + step for at in range(1, 37, 3) for step in (2, 0, 1))]
    taken = [
        replace(unit, time_s=at / RATE)
        for unit, at in zip(received("h264", packed("h264", pictures[:37])), shown, strict=True)
    ]
    file = tmp_path / "b.mp4"
    file.write_bytes(mux_clip(taken))
    with av.open(str(file)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert times(packets) == shown
        assert all((one.dts or 0) < (other.dts or 0) for one, other in pairwise(packets))
    remuxer = Remuxer()
    file.write_bytes(b"".join(segment.data for unit in taken for segment in remuxer.push(unit)))
    with av.open(str(file)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert times(packets) == shown[:-1]


def times(packets: list[av.Packet]) -> list[int]:
    """In pictures from the first; FFmpeg shifts all of a file so that no decoding time is negative."""
    shown = [float((packet.pts or 0) * packet.time_base) * RATE for packet in packets]
    return [round(at - shown[0]) for at in shown]


@pytest.mark.needs("ffprobe", "ffmpeg")
def test_pictures_behind_a_keyframe_may_be_shown_before_it(tmp_path: Path) -> None:
    """Leading pictures (H.265, 3.76): a time before the file's beginning is none that a file can hold."""
    file = tmp_path / "clip.mp4"
    taken = units("hevc", 5)
    times = (0.08, 0.0, 0.04, 0.12, 0.16)
    file.write_bytes(mux_clip([replace(unit, time_s=7.0 + at) for unit, at in zip(taken, times, strict=True)]))
    told = judged(file)
    assert int(told["nb_read_frames"]) == 5
    assert told["seconds"] == pytest.approx(0.2, abs=0.01)


def test_a_change_of_size_is_told_by_a_new_init_segment() -> None:
    pictures = [*encoded("h264", 5), *encoded("h264", 5, size=(640, 352))]
    remuxer = Remuxer()
    taken = received("h264", packed("h264", pictures))
    segments = [segment for unit in taken for segment in remuxer.push(unit)]
    assert [segment.is_init for segment in segments] == [True, *[False] * 5, True, *[False] * 4]


def test_live_begins_at_a_keyframe_and_waits_for_parameters() -> None:
    remuxer, taken = Remuxer(), units("h264")
    assert [remuxer.push(unit) for unit in taken[10:26]] == [[]] * 16
    assert remuxer.push(taken[26])[0].is_init
    bare = [replace(unit, format=FORMATS["h264"]) for unit in taken[:30]]
    remuxer = Remuxer()
    assert not any(remuxer.push(unit) for unit in bare)
    with pytest.raises(BadInput, match="SPS"):
        mux_clip(bare)
    with pytest.raises(BadInput, match="no keyframe"):
        mux_clip(taken[1:20])


@given(strategies.binary(max_size=80))
def test_any_parameter_set_is_read_or_refused(data: bytes) -> None:
    for codec, read, front in (("h264", parse_h264_sps, b"\x67\x64\0\x29"), ("hevc", parse_h265_sps, b"\x42\1\1")):
        with suppress(BadInput):
            read(front + data)
        with suppress(BadInput):
            read(data)
        taken = replace(UNITS[codec], format=replace(FORMATS[codec], parameters=(front + data,)))
        with suppress(BadInput):
            mux_clip([taken])


UNITS = {codec: units(codec, 1)[0] for codec in CODECS}
