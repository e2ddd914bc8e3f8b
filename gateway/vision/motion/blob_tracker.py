"""Patches of one look after another to things on their way. Sans-I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot

from gateway.vision.motion.blobs import Blob, RelativeBox
from gateway.vision.motion.scene_layout import Point


@dataclass(slots=True)
class BlobTrack:
    """One thing. `foot` is where it stands and `previous_foot` where it stood a look ago."""

    number: int
    box: RelativeBox
    foot: Point
    first: float
    last: float
    previous_foot: Point = (0.0, 0.0)
    speed: Point = (0.0, 0.0)
    frames: int = 1
    entered: dict[str, float] = field(default_factory=dict)
    """Zones it is in, and since when."""
    reported: set[str] = field(default_factory=set)
    """What was told of it already."""


class BlobTracker:
    """Each patch goes on with the nearest track that can have come so far, or begins one."""

    MAX_TRACKS = 64
    """Beyond it the longest unseen is forgotten."""
    LOST_AFTER = 2.0
    """Seconds unseen after which a thing on its way is gone."""
    _MAX_SPEED = 0.8
    """Shares of the picture a second that anything crosses."""
    _MIN_DISTANCE = 0.04

    def __init__(self, max_unseen: float = 0.0) -> None:
        self._max_unseen = max(self.LOST_AFTER, max_unseen)
        self._tracks: list[BlobTrack] = []
        self._count = 0

    def update(self, blobs: Sequence[Blob], time: float) -> list[BlobTrack]:
        """The tracks that this look showed, each at where it is now."""
        self._tracks = [track for track in self._tracks if 0 <= time - track.last <= self._max_unseen]
        pairs = sorted(
            (distance, number, track.number)
            for number, blob in enumerate(blobs)
            for track in self._tracks
            if (distance := _distance(track, blob, time)) <= self._max_distance(track, time)
        )
        unmatched = {track.number: track for track in self._tracks}
        matched: dict[int, BlobTrack] = {}
        for _, number, track_number in pairs:
            if number not in matched and track_number in unmatched:
                matched[number] = unmatched.pop(track_number)
        return [self._update_track(matched.get(number), blob, time) for number, blob in enumerate(blobs)]

    def _max_distance(self, track: BlobTrack, time: float) -> float:
        """A thing long unseen stood still, so it is looked for where it was."""
        unseen = time - track.last
        return self._MIN_DISTANCE + (
            self._MAX_SPEED * unseen if unseen <= self.LOST_AFTER else max(track.box[2], track.box[3])
        )

    def _update_track(self, track: BlobTrack | None, blob: Blob, time: float) -> BlobTrack:
        if track is None:
            self._count += 1
            track = BlobTrack(self._count, blob.box, blob.foot, time, time, blob.foot)
            self._tracks = [*self._tracks, track][-self.MAX_TRACKS :]
            return track
        elapsed = max(time - track.last, 1e-3)
        x, y = (now - then for now, then in zip(blob.foot, track.foot, strict=True))
        track.speed = (0.5 * track.speed[0] + 0.5 * x / elapsed, 0.5 * track.speed[1] + 0.5 * y / elapsed)
        track.previous_foot, track.foot, track.box, track.last = track.foot, blob.foot, blob.box, time
        track.frames += 1
        return track


def _distance(track: BlobTrack, blob: Blob, time: float) -> float:
    """From where it should be by now, if it went on as before for at most a second."""
    seconds_ahead = min(time - track.last, 1.0)
    x = track.foot[0] + track.speed[0] * seconds_ahead
    y = track.foot[1] + track.speed[1] * seconds_ahead
    return hypot(blob.foot[0] - x, blob.foot[1] - y)
