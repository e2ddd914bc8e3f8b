"""Whether a camera's pictures can be decoded: packets that arrive in time may hold nothing to see."""

from __future__ import annotations

import time

from gateway.errors import LinkLost
from gateway.model import Words


class DecodeHealth:
    """Told of every try to decode. Raises LinkLost after PATIENCE seconds of tries without a picture.

    Keyframes tried alone give their picture at once; a decoder that is fed one picture after another may hold back
    up to sixteen to put them in order (H.264, A.3.1), so more of those must fail.
    """

    PATIENCE, ALONE, TRIES = 20.0, 3, 25

    def __init__(self) -> None:
        self.has_decoded = False
        self._since: float | None = None
        self._alone = self._tries = 0

    def tried(self, pictures: int, *, alone: bool = False) -> None:
        """So many pictures came of it."""
        if pictures:
            self.has_decoded = True
            self._since, self._alone, self._tries = None, 0, 0
            return
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        self._alone += alone
        self._tries += 1
        if now - self._since > self.PATIENCE and (self._alone >= self.ALONE or self._tries >= self.TRIES):
            seconds = f"{now - self._since:.0f}"
            en = f"sent {self._tries} pictures in {seconds} s of which none can be decoded"
            raise LinkLost(Words(f"摄像机的画面{seconds}秒无法解码，请检查网络和摄像机编码设置", en))
