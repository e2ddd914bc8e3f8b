"""Multi-object tracking: assigns the blobs of each frame to tracks. Sans-I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot

from gateway.vision.motion.blobs import Blob, RelativeBox
from gateway.vision.motion.scene_layout import Point


@dataclass(slots=True)
class BlobTrack:
    """One tracked object. `foot` is where it stands, `previous_foot` where it stood in the frame before."""

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
    """Names of zones and lines already reported for it."""


class BlobTracker:
    """Assigns each blob to the nearest track that can have moved so far, or starts a new one.

    `max_unseen`: seconds that a track is kept without a blob, if more than LOST_AFTER.
    """

    MAX_TRACKS = 64
    """Beyond it the oldest track is dropped."""
    LOST_AFTER = 2.0
    """Seconds without a blob after which a moving object is gone."""
    _MAX_SPEED = 0.8
    """Largest speed, in shares of the picture per second."""
    _MIN_DISTANCE = 0.04
    """Search radius around the predicted place, as a share of the picture, whatever time has passed."""

    def __init__(self, max_unseen: float = 0.0) -> None:
        self._max_unseen = max(self.LOST_AFTER, max_unseen)
        self._tracks: list[BlobTrack] = []
        self._count = 0

    def update(self, blobs: Sequence[Blob], time: float) -> list[BlobTrack]:
        """The tracks of this frame's blobs, each at its new place."""
        self._tracks = [track for track in self._tracks if 0 <= time - track.last <= self._max_unseen]
        # greedy assignment by distance: cheaper than an optimal one, and enough for so few objects
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
        """Search radius. An object unseen for longer stood still, so it is searched for within its own size."""
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
        # exponential smoothing: a blob's outline wavers from frame to frame
        track.speed = (0.5 * track.speed[0] + 0.5 * x / elapsed, 0.5 * track.speed[1] + 0.5 * y / elapsed)
        track.previous_foot, track.foot, track.box, track.last = track.foot, blob.foot, blob.box, time
        track.frames += 1
        return track


def _distance(track: BlobTrack, blob: Blob, time: float) -> float:
    """From the predicted place, extrapolated at constant speed for a second at most."""
    seconds_ahead = min(time - track.last, 1.0)
    x = track.foot[0] + track.speed[0] * seconds_ahead
    y = track.foot[1] + track.speed[1] * seconds_ahead
    return hypot(blob.foot[0] - x, blob.foot[1] - y)
