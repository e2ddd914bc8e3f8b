"""The CPU that keyframe checks may take on cameras without known motion."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

from gateway.vision.decode_threads import (
    KEYFRAME_CHECK_COST,
    KEYFRAME_CHECK_SHARE,
    MAX_KEYFRAME_CHECK_INTERVAL,
    DecodeThreads,
)


class Camera:
    """A camera's analysis as a decode thread uses it; `every` is the interval that was set."""

    is_enabled, keyframe_checks, keyframe_check_cpu_s, dropped = True, 0, 0.0, 0

    def steps(self, _keys: object) -> Iterator[bool]:
        while True:
            yield False

    def set_keyframe_check_interval(self, every: float) -> None:
        self.every = every


def with_cameras(cameras: int) -> tuple[DecodeThreads, list[Camera]]:
    decode_threads, analyses = DecodeThreads(threads=2), [Camera() for _ in range(cameras)]
    for analysis in analyses:
        decode_threads.add(analysis, lambda: None)  # type: ignore[arg-type]
    return decode_threads, analyses


def test_all_cameras_together_cost_the_share_that_was_given() -> None:
    decode_threads, analyses = with_cameras(100)
    assert analyses[0].every == KEYFRAME_CHECK_COST * 100 / KEYFRAME_CHECK_SHARE
    decode_threads.set_keyframe_check_share(0.1)
    assert {analysis.every for analysis in analyses} == {KEYFRAME_CHECK_COST * 100 / 0.1}
    decode_threads.set_keyframe_check_share(0.001)
    assert analyses[0].every == MAX_KEYFRAME_CHECK_INTERVAL


def test_a_camera_that_goes_while_another_comes_costs_neither() -> None:
    """A worker once ended for it, with all its cameras: counting met a dictionary that had changed meanwhile."""

    class Leaving(Camera):
        """When it is counted, another thread takes it out."""

        thread: Thread | None = None

        @property
        def is_enabled(self) -> bool:  # type: ignore[override]
            if self.thread is None:
                self.thread = Thread(target=decode_threads.remove, args=(self,))
                self.thread.start()
                self.thread.join(0.2)
            return True

    decode_threads = DecodeThreads(threads=1)
    leaving = Leaving()
    decode_threads.add(leaving, lambda: None)  # type: ignore[arg-type]
    decode_threads.add(Camera(), lambda: None)  # type: ignore[arg-type]
    decode_threads.add(Camera(), lambda: None)  # type: ignore[arg-type]
    assert leaving.thread is not None
    leaving.thread.join()
