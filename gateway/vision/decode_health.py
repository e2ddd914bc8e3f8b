"""Detects a stream whose packets arrive in time but can't be decoded."""

from __future__ import annotations

import time

from gateway.errors import LinkLost
from gateway.model import Words


class DecodeHealth:
    """Records every attempt to decode. Raises LinkLost after TIMEOUT seconds of attempts without a picture.

    A keyframe decoded alone gives its picture at once. A decoder that is fed one picture after another may hold back
    up to sixteen to reorder them (H.264, A.3.1), so more of those attempts must fail.
    """

    TIMEOUT, MIN_KEYFRAMES, MIN_ATTEMPTS = 20.0, 3, 25

    def __init__(self) -> None:
        self.has_decoded = False
        """Whether any picture has ever been decoded."""
        self._failing_since: float | None = None
        self._keyframes = self._attempts = 0

    def record(self, pictures: int, *, keyframe_only: bool = False) -> None:
        """One attempt, and how many pictures came of it. Raises LinkLost."""
        if pictures:
            self.has_decoded = True
            self._failing_since, self._keyframes, self._attempts = None, 0, 0
            return
        now = time.monotonic()
        self._failing_since = now if self._failing_since is None else self._failing_since
        self._keyframes += keyframe_only
        self._attempts += 1
        failing_s = now - self._failing_since
        if failing_s > self.TIMEOUT and (self._keyframes >= self.MIN_KEYFRAMES or self._attempts >= self.MIN_ATTEMPTS):
            en = f"sent {self._attempts} pictures in {failing_s:.0f} s of which none can be decoded"
            raise LinkLost(Words(f"摄像机的画面{failing_s:.0f}秒无法解码，请检查网络和摄像机编码设置", en))
