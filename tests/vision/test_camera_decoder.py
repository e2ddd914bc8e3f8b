"""What is decoded of a stream, and what is not: real H.264 and H.265, as it was received."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.vision.camera_decoder import CameraDecoder, KeyframeDecoder
from gateway.vision.stream.decoder import DecodedFrame
from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.rtp.access_unit import AccessUnit
from tests.vision.view.fake_camera import units

RATE, GROUP = 25, 25


class Kept:
    """A ring that has received these units."""

    def __init__(self, *received: AccessUnit) -> None:
        self.units = received
        self.ring = PacketRing()
        for unit in received:
            self.ring.add(unit)
        self.pictures = CameraDecoder(self.ring.units)


def times(frames: list[DecodedFrame]) -> list[int]:
    """Which pictures these are."""
    return [round(frame.time * RATE) for frame in frames]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_all_begins_at_the_last_keyframe_and_goes_on_with_each(codec: str) -> None:
    kept = Kept(*units(60, codec))
    pictures = kept.pictures
    assert times(list(pictures.decode(kept.units[30]))) == [25, 26, 27, 28, 29, 30]
    assert times(list(pictures.decode(kept.units[31]))) == [31]
    pictures.reset()
    assert times(list(pictures.decode(kept.units[33]))) == list(range(25, 34))


def test_back_begins_at_an_older_keyframe() -> None:
    kept = Kept(*units(60))
    assert times(list(kept.pictures.decode_from(kept.units[51], 0.5))) == list(range(52))
    assert times(list(kept.pictures.decode(kept.units[52]))) == [52]


def test_after_a_loss_waits_for_the_next_keyframe() -> None:
    whole = units(60)
    kept = Kept(*whole[:30], replace(whole[30], lost=1), *whole[31:])
    assert times(list(kept.pictures.decode(kept.units[28]))) == [25, 26, 27, 28]
    shown = [each for unit in kept.units[29:] for each in kept.pictures.decode(unit)]
    assert times(shown) == [29, *range(50, 60)]


def test_a_unit_the_ring_has_dropped_is_tried_alone() -> None:
    kept = Kept(*units(60))
    kept.ring.clear()
    assert times(list(kept.pictures.decode(kept.units[30]))) == []
    assert times(list(kept.pictures.decode(kept.units[50]))) == [50]


def test_the_newest_picture_is_decoded_only_when_it_is_asked_for() -> None:
    kept = Kept(*units(60))
    newest = kept.pictures.newest_frame()
    assert newest is not None
    assert times([newest]) == [59]
    assert kept.pictures.latest is None
    assert Kept().pictures.newest_frame() is None


def test_one_decoder_looks_at_the_keyframes_of_many_cameras() -> None:
    keys = KeyframeDecoder()
    for codec in ("h264", "hevc", "h264"):
        for key in (0, GROUP):
            (frame,) = keys.decode([units(60, codec)[key]])
            assert frame.luma(frame.size[0]).std() > 1
    assert len(keys._decoders) == 2
