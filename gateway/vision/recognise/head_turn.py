"""Whether a head was turned when a sign asked for it: deters a held-up photograph, and no more than that.

This is no liveness detection. A video on a phone passes, and so does whoever lowers the photograph and turns their
own head, or a photograph that is bent or twisted about every axis at once. There is no prompt to blink: five
landmarks have no eyelids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.vision.recognise.enrolment import TURNED_AWAY, quality_fault
from gateway.vision.recognise.voting import FaceResult, FaceVoting, MatchedFace

MIN_TURN = 0.25
"""Change of `Face.nose_offset` that is a turn: by geometry about 25° to one side, or 13° to each.

A flat picture turned about its vertical axis moves nose and eyes alike: ten photographs, moved by a program, changed
by 0.06 at most when held, by 0.18 when swung ±40°. Twisted ±45° with nods and tilts, six of the ten exceeded it. A
portrait on a modelled head gave dlib's landmarks 0.2 to one side, 0.3 and more from side to side: the sign should
ask for both. Not measured on people who turn their heads: no such film was at hand."""
MIN_FACES_EACH_END = 2
"""Faces that must show each end of the turn, so that one misplaced landmark makes none."""


class HeadTurnVoting(FaceVoting):
    """Names a person once their head was seen turned, in whichever order; a person who never turned has no name.

    Only frontal faces vote, as in FaceVoting. Whoever is `exempt`, such as the watch-listed, is named at once.
    """

    def __init__(self, exempt: Callable[[str], bool]) -> None:
        self._is_exempt = exempt

    def decide(self, items: Sequence[MatchedFace], *, final: bool) -> FaceResult | None:
        """As FaceVoting; a known person who did not turn is decided as unknown with `turned=False` at the end."""
        result = super().decide(items, final=final)
        if result is None or result.person is None or self._is_exempt(result.person):
            return result
        if has_turned(items, result.person):
            return replace(result, turned=True)
        return replace(result, person=None, turned=False) if final else None


def has_turned(items: Sequence[MatchedFace], person: str) -> bool:
    """Whether the faces show a turn; small or blurred ones, or those of another known person, don't count."""
    offsets = sorted(item.face.nose_offset for item in items if _is_usable(item, person))
    if len(offsets) < 2 * MIN_FACES_EACH_END:
        return False
    # The second largest less the second smallest offset: each end is confirmed by two faces.
    return offsets[-MIN_FACES_EACH_END] - offsets[MIN_FACES_EACH_END - 1] >= MIN_TURN


def _is_usable(item: MatchedFace, person: str) -> bool:
    # a face turned away is no fault here: it is the end of the turn
    return item.match.person in (None, person) and quality_fault(item.face) in (None, TURNED_AWAY)
