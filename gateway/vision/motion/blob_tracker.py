"""Patches of one look after another to things on their way. Sans-I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot

from gateway.vision.motion.blobs import Blob, RelativeBox
from gateway.vision.motion.scene_layout import Point


@dataclass(slots=True)
class BlobTrack:
    """One thing. `foot` is where it stands and `before` where it stood a look ago."""

    number: int
    box: RelativeBox
    foot: Point
    first: float
    last: float
    before: Point = (0.0, 0.0)
    speed: Point = (0.0, 0.0)
    looks: int = 1
    entered: dict[str, float] = field(default_factory=dict)
    """Zones it is in, and since when."""
    told: set[str] = field(default_factory=set)
    """What was told of it already."""


class BlobTracker:
    """Each patch goes on with the nearest track that can have come so far, or begins one."""

    MOST = 64
    """Beyond it the longest unseen is forgotten."""
    LOST = 2.0
    """Seconds unseen after which a thing on its way is gone."""
    _FASTEST = 0.8
    """Shares of the picture a second that anything crosses."""
    _NEAR = 0.04

    def __init__(self, patience: float = 0.0) -> None:
        self._patience = max(self.LOST, patience)
        self._tracks: list[BlobTrack] = []
        self._count = 0

    def see(self, patches: Sequence[Blob], time: float) -> list[BlobTrack]:
        """The tracks that this look showed, each at where it is now."""
        self._tracks = [track for track in self._tracks if 0 <= time - track.last <= self._patience]
        pairs = sorted(
            (distance, number, track.number)
            for number, patch in enumerate(patches)
            for track in self._tracks
            if (distance := _distance(track, patch, time)) <= self._reach(track, time)
        )
        free = {track.number: track for track in self._tracks}
        taken: dict[int, BlobTrack] = {}
        for _, number, known in pairs:
            if number not in taken and known in free:
                taken[number] = free.pop(known)
        return [self._go_on(taken.get(number), patch, time) for number, patch in enumerate(patches)]

    def _reach(self, track: BlobTrack, time: float) -> float:
        """A thing long unseen stood still, so it is looked for where it was."""
        waited = time - track.last
        return self._NEAR + (self._FASTEST * waited if waited <= self.LOST else max(track.box[2], track.box[3]))

    def _go_on(self, track: BlobTrack | None, patch: Blob, time: float) -> BlobTrack:
        if track is None:
            self._count += 1
            track = BlobTrack(self._count, patch.box, patch.foot, time, time, patch.foot)
            self._tracks = [*self._tracks, track][-self.MOST :]
            return track
        passed = max(time - track.last, 1e-3)
        x, y = (now - then for now, then in zip(patch.foot, track.foot, strict=True))
        track.speed = (0.5 * track.speed[0] + 0.5 * x / passed, 0.5 * track.speed[1] + 0.5 * y / passed)
        track.before, track.foot, track.box, track.last = track.foot, patch.foot, patch.box, time
        track.looks += 1
        return track


def _distance(track: BlobTrack, patch: Blob, time: float) -> float:
    """From where it should be by now, if it went on as before for at most a second."""
    ahead = min(time - track.last, 1.0)
    x = track.foot[0] + track.speed[0] * ahead
    y = track.foot[1] + track.speed[1] * ahead
    return hypot(patch.foot[0] - x, patch.foot[1] - y)
