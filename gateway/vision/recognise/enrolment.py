"""Checks whether a photograph is good enough for enrolment, and says what is wrong with it if not."""

from __future__ import annotations

from typing import NamedTuple

from gateway.model import Words
from gateway.vision.recognise.faces import Face, FaceReader, Picture

MIN_SHARPNESS = 30.0
"""Sharpness of a face out of focus by about a fiftieth of its width; good photographs have 400 and more."""
MAX_NOSE_OFFSET = 0.3
"""Distance of the nose from between the eyes, in distances of the eyes: about 30° away from the camera."""
_MAX_BACKGROUND_SHARE = 0.25
"""Share of the largest face's area below which another face is somebody in the background."""

NO_FACE = Words(
    "照片里没有找到人脸，请换一张正面、清晰的照片", "no face is found in it: take one from the front, well lit"
)
TWO_FACES = Words("照片里不止一张人脸", "more than one face is in it")
MIN_ENROL_PIXELS = 64
"""Face width below which templates are poor: 89 % of 48 px faces are right at one error in 1,000 (MEASURED.md)."""
TOO_SMALL = Words(
    f"人脸太小，至少要 {MIN_ENROL_PIXELS} 像素宽", f"the face is smaller than {MIN_ENROL_PIXELS} pixels across"
)
HARDLY_SEEN = Words(
    "人脸看不清：有遮挡、侧脸、光线太差或太靠近边缘，请换一张正面照",
    "the face can hardly be made out: it is covered, turned, badly lit or cut off; take one from the front",
)
TOO_BLURRED = Words("人脸模糊", "the face is blurred")
TURNED_AWAY = Words("人脸没有正对镜头", "the face is turned away")


class EnrolmentResult(NamedTuple):
    """`face` may be present in spite of a fault: a poor photograph is better than none where there is no other."""

    face: Face | None
    fault: Words | None


def assess(reader: FaceReader, picture: Picture) -> EnrolmentResult:
    """The face to enrol, and the photograph's worst fault."""
    faces = reader.find_thoroughly(picture)
    if not faces:
        return EnrolmentResult(None, NO_FACE)
    face, *others = faces
    if any(other.box[2] * other.box[3] > _MAX_BACKGROUND_SHARE * face.box[2] * face.box[3] for other in others):
        return EnrolmentResult(face, TWO_FACES)
    return EnrolmentResult(face, quality_fault(face))


def quality_fault(face: Face) -> Words | None:
    """Why this face shows its person badly, for the gallery and for a vote at the gate; None if it doesn't."""
    # the worst fault first: only one is reported
    if face.low_confidence:
        return HARDLY_SEEN
    if face.box[2] < MIN_ENROL_PIXELS:
        return TOO_SMALL
    if face.sharpness < MIN_SHARPNESS:
        return TOO_BLURRED
    return TURNED_AWAY if face.head_turn > MAX_NOSE_OFFSET else None
