"""The third and most reliable motion gate: the pixels of analysed frames. Sans-I/O.

Takes luma planes with their times, and reports motion for each zone and for the picture outside of them. Times are a
file's or a camera's; a jump (a reconnect) makes the gate learn the background anew.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.background import BackgroundModel
from gateway.vision.motion.blobs import Blob, ForegroundFrame, find_blobs, frame_difference, polygon_mask
from gateway.vision.motion.chroma import ChromaModel, ChromaPlanes
from gateway.vision.motion.luma import Luma, Mask, downscale
from gateway.vision.motion.motion_areas import MotionAreas, MotionChange
from gateway.vision.motion.nuisance import CobwebDetector, SwayFilter
from gateway.vision.motion.scene_layout import SceneLayout
from gateway.vision.motion.sensitivity import Sensitivity

_PendingUpdate = tuple[Luma, Mask, Mask, float]
"""Luma, foreground mask, moving mask and elapsed seconds: the arguments of `BackgroundModel.learn`."""


class PixelGate:
    """Feed it frames about `INTERVAL` seconds apart during motion, else one in ten seconds."""

    INTERVAL = 0.2
    MAX_GAP = 30.0
    """Seconds after which the previous frame is too old to be compared with."""
    _MIN_PIXELS, _ISOLATED_FACTOR = 4.0, 0.5
    """Smallest blob in pixels, and the factor of the smallest area on an isolated keyframe."""

    def __init__(self, sensitivity: Sensitivity | None = None, layout: SceneLayout | None = None) -> None:
        self._sensitivity = sensitivity or Sensitivity()
        self._layout = layout or SceneLayout()
        self._background = BackgroundModel(self._sensitivity.contrast, self._layout.max_loiter)
        self._previous: Luma | None = None
        self._pending: _PendingUpdate | None = None
        self._chroma = ChromaModel()
        self._chroma_masks: tuple[Mask, Mask] | None = None
        """Where only the chroma differs: from the background, and from the previous frame."""
        self._pending_chroma: tuple[list[NDArray[np.float32]], Mask, float, float] | None = None
        self._time = 0.0
        self._rewound = False
        self._unmasked: Mask | None = None
        self._sway = SwayFilter()
        self.cobwebs = CobwebDetector()
        """Spider's threads on the lens."""
        self.areas = MotionAreas(self._layout)
        self.blobs: list[Blob] = []
        """Blobs of the last frame, moving or not."""
        self.saw_movement = False
        """Whether the last frame showed a moving blob in a watched area."""
        self.is_learning = True
        """Whether the last frame was used to learn a new scene or light."""

    @property
    def is_moving(self) -> bool:
        """Whether a motion interval is active."""
        return self.areas.is_active

    def update(
        self, luma: Luma, time: float, *, isolated: bool = False, colours: ChromaPlanes | None = None
    ) -> list[MotionChange]:
        """The motion intervals that began or ended with this frame. `luma` may have any size, best the full one.

        `isolated`: a keyframe far from other frames. Half of the usual area suffices, since it only makes other
        frames be decoded, and without movement it ends nothing. `colours`: its chroma planes, if it has any.
        """
        luma = downscale(luma)
        # after a rewind the previous frame is a later one, so the difference of times means nothing
        elapsed = self.INTERVAL if self._rewound else time - self._time
        previous, rewound = self._previous, self._rewound
        self._time, self._previous, self._rewound = time, luma, False
        if previous is None or not self._background.matches_size(luma) or not 0 <= elapsed <= self.MAX_GAP:
            self._reset(luma)
            return self.finish()
        self._apply_pending()
        mask = self._background.foreground(luma, elapsed)
        # compared with the next frame as stabilised too, or every shake would look like movement
        luma = self._previous = self._background.stabilised
        previous = luma if rewound else previous
        self.is_learning = mask is None
        self._compare_chroma(mask, colours, elapsed, rewound=rewound)
        factor = self._ISOLATED_FACTOR if isolated else 1.0
        self.blobs = [] if mask is None else self._find_blobs(luma, previous, mask, elapsed, factor)
        moving = self.areas.boxes(self.blobs)
        self.saw_movement = bool(moving)
        # a keyframe with movement is analysed again after a rewind; learned now, the object would become background
        if not (isolated and self.saw_movement):
            self._apply_pending()
        return self.areas.add_boxes(moving, time, isolated=isolated)

    def extend(self, time: float) -> None:
        """A keyframe shows that active motion continues."""
        self.areas.extend(time)

    def pause(self, time: float) -> None:
        """A keyframe shows no motion: put active intervals on hold."""
        self.areas.pause(time)

    def rewind(self) -> None:
        """Prepare for older frames: keep the background, but drop what the last frame was to add to it."""
        self._rewound, self._pending, self._pending_chroma = True, None, None
        self.areas.rewind()

    def expire(self, time: float) -> list[MotionChange]:
        """End the intervals that have been quiet for long enough."""
        return self.areas.expire(time)

    def finish(self) -> list[MotionChange]:
        """End all intervals, because the stream has ended."""
        return self.areas.finish()

    def _reset(self, luma: Luma) -> None:
        self._background.reset(luma)
        masks = self._layout.masks
        self._unmasked = np.asarray(cv2.bitwise_not(polygon_mask(masks, luma.shape)), np.uint8) if masks else None
        self.blobs, self.saw_movement, self.is_learning = [], False, True
        self._pending = self._pending_chroma = None
        self._chroma.reset()

    def _find_blobs(self, luma: Luma, previous: Luma, mask: Mask, elapsed: float, factor: float) -> list[Blob]:
        changed, chroma_mask, combined = frame_difference(luma, previous, self._sensitivity.contrast), None, mask
        if self._chroma_masks is not None:
            chroma_mask, chroma_changed = self._chroma_masks
            combined = np.asarray(cv2.bitwise_or(mask, chroma_mask), np.uint8)
            changed = np.asarray(cv2.bitwise_or(changed, chroma_changed), np.uint8)
        if self._unmasked is not None:
            combined = np.asarray(cv2.bitwise_and(combined, self._unmasked), np.uint8)
        frame = ForegroundFrame(combined, changed, self._background.normalised, self._background.reference, chroma_mask)
        min_pixels = factor * max(self._MIN_PIXELS, self._sensitivity.area * luma.size)
        found, moving_mask, lines = find_blobs(frame, min_pixels)
        # Lines are searched in the unfiltered mask, but objects in the mask without swaying places: two passes only if
        # needed.
        self.cobwebs.update(lines, self._time)
        calm = self._sway.remove_swaying(combined)
        if self.cobwebs.seen_recently:
            found, moving_mask, _ = find_blobs(
                replace(frame, mask=self.cobwebs.remove_from(calm)), min_pixels, self.cobwebs.vicinity
            )
        elif found and cv2.countNonZero(calm) < cv2.countNonZero(combined):
            found, moving_mask, _ = find_blobs(replace(frame, mask=calm), min_pixels)
        self._pending = luma, mask, moving_mask, elapsed
        return found

    def _compare_chroma(
        self, mask: Mask | None, colours: ChromaPlanes | None, elapsed: float, *, rewound: bool
    ) -> None:
        """Find where only the chroma differs, and prepare what to learn of it."""
        self._chroma_masks = self._pending_chroma = None
        # Chroma planes are not moved back, so while the camera shakes they can't be compared.
        if colours is None or mask is None or self._background.is_shaking:
            self._chroma.reset()
            return
        found = self._chroma.foreground(colours, mask.shape)
        if found is None or rewound:
            return
        differs, changed, current = found
        background_rate, foreground_rate = self._background.update_rates(elapsed)
        learnt_mask = np.asarray(cv2.bitwise_or(differs, mask), np.uint8)
        self._pending_chroma = current, learnt_mask, background_rate, foreground_rate
        similar = self._background.similar_brightness()
        self._chroma_masks = (
            np.asarray(cv2.bitwise_and(differs, similar), np.uint8),
            np.asarray(cv2.bitwise_and(changed, similar), np.uint8),
        )

    def _apply_pending(self) -> None:
        """Learn the last frame. An isolated keyframe waits, because it may be analysed again after a rewind."""
        if self._pending is not None:
            self._background.learn(*self._pending)
            self._pending = None
        if self._pending_chroma is not None:
            self._chroma.learn(*self._pending_chroma)
            self._pending_chroma = None
