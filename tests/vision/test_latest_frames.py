"""The newest frame of each camera, for the recognisers."""

from __future__ import annotations

from gateway.vision.latest_frames import LatestFrames


def test_the_newest_frame_wins_and_the_other_is_counted() -> None:
    frames: LatestFrames[str] = LatestFrames()
    frames.put(1, "old")
    frames.put(2, "other")
    frames.put(1, "new")
    assert frames.take(0) == (1, "new")
    assert frames.take(0) == (2, "other")
    assert frames.take(0) is None
    assert frames.dropped == 1


def test_no_camera_waits_for_a_busier_one() -> None:
    frames: LatestFrames[str] = LatestFrames()
    frames.put(1, "busy")
    frames.put(2, "quiet")
    assert frames.take(0) == (1, "busy")
    frames.put(1, "busy again")
    assert frames.take(0) == (2, "quiet")


def test_what_is_forgotten_is_not_taken() -> None:
    frames: LatestFrames[str] = LatestFrames()
    frames.put(1, "gone")
    frames.remove(1)
    frames.remove(7)
    assert frames.take(0) is None
