from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.vision.recognise.enrolment import (
    HARDLY_SEEN,
    NO_FACE,
    TOO_BLURRED,
    TOO_SMALL,
    TURNED_AWAY,
    TWO_FACES,
    assess,
    quality_fault,
)
from gateway.vision.recognise.faces import TEMPLATE_LENGTH, Face, FaceReader, Picture, nose_offset
from gateway.vision.recognise.gallery import Gallery
from gateway.vision.recognise.photos import UNREADABLE, examine, examine_all
from tests.vision.clips import face, paste, wall


@pytest.fixture(scope="module")
def reader() -> FaceReader:
    return FaceReader()


def test_finds_and_describes_a_face(reader: FaceReader) -> None:
    picture = paste(wall(), face(230), 300, 60)
    (found,) = reader.find(picture)
    x, y, width, height = found.box
    assert 300 < x < x + width < 510
    assert 60 < y < y + height < 290
    assert found.template.shape == (TEMPLATE_LENGTH,)
    assert reader.find(wall()) == []


def test_the_same_face_elsewhere_is_the_same_person(reader: FaceReader) -> None:
    enrolled = reader.find(face(300))[0]
    seen = reader.find(paste(wall(seed=5), face(200), 40, 100))[0]
    match = Gallery(["eileen"], [enrolled.template]).match(seen.template)
    assert match.person == "eileen"
    assert match.distance is not None
    assert match.distance < 0.3


def test_a_photograph_larger_than_needed_is_searched_in_its_own_pixels(reader: FaceReader) -> None:
    large = cv2.resize(face(230), None, fx=12, fy=12, interpolation=cv2.INTER_CUBIC)
    (found,) = reader.find(large)  # type: ignore[arg-type]
    assert found.box[2] > 700


@pytest.mark.parametrize(("size", "height", "width"), [(180, 2160, 3840), (180, 3000, 4000), (400, 6000, 8000)])
def test_a_face_of_a_large_photograph_need_not_fill_it(reader: FaceReader, size: int, height: int, width: int) -> None:
    """In 4K and 12 megapixels one of 110 pixels, in 48 of 250."""
    enrolled = reader.find(face(300))[0]
    (found,) = reader.find_thoroughly(paste(wall(height, width), face(size), width // 3, height // 3))
    assert Gallery(["eileen"], [enrolled.template]).match(found.template).person == "eileen"


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: face(300), None),
        (wall, NO_FACE),
        (lambda: np.hstack([face(300), face(300)]), TWO_FACES),
        (lambda: np.hstack([face(400), paste(wall(400, 300), face(160), 20, 20)]), None),
        (lambda: paste(wall(), face(160), 100, 100), None),
        (lambda: paste(wall(), face(90), 100, 100), TOO_SMALL),
        (lambda: paste(wall(150, 150), face(55), 50, 50), TOO_SMALL),
        (lambda: cv2.resize(face(300)[60:240, 60:240], (150, 150), interpolation=cv2.INTER_AREA), None),
        (lambda: _leaning(face(300), 55), HARDLY_SEEN),
        (lambda: cv2.GaussianBlur(face(300), (0, 0), 3.5), TOO_BLURRED),
    ],
)
def test_names_what_is_wrong_with_a_photograph(reader: FaceReader, make: object, fault: object) -> None:
    assert assess(reader, make()).fault == fault  # type: ignore[operator]


def _leaning(picture: Picture, degrees: float) -> Picture:
    rows, columns = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(picture, turn, (columns, rows), borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.mark.parametrize(
    ("nose", "away"), [((50, 80), 0.0), ((62, 80), 0.3), ((38, 80), -0.3), ((75, 85), 0.625), ((50, 120), 0.0)]
)
def test_a_face_is_turned_as_far_as_its_nose_leaves_the_middle_of_the_eyes(nose: tuple[int, int], away: float) -> None:
    assert nose_offset(np.array([(30, 50), (70, 50), nose], np.float32)) == pytest.approx(away)


def test_a_face_that_looks_away_is_not_enrolled() -> None:
    template = np.zeros(TEMPLATE_LENGTH, np.float32)
    assert quality_fault(Face((0, 0, 120, 120), template, 400.0, nose_offset=-0.4)) == TURNED_AWAY
    assert quality_fault(Face((0, 0, 120, 120), template, 400.0, nose_offset=0.1)) is None


@pytest.mark.parametrize("size", range(60, 111, 10))
@pytest.mark.parametrize("lean", [-20, 0, 20])
def test_every_portrait_of_150_pixels_is_taken_or_refused_with_its_reason(
    reader: FaceReader, size: int, lean: int
) -> None:
    """`size` is that of the face as HOG frames it; the person is still the person."""
    whole = face(300)
    x, y, width, height = reader.find(whole)[0].box
    turn = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), lean, size / width)
    turn[:, 2] += 75 - x - width / 2, 75 - y - height / 2
    portrait = cv2.warpAffine(whole, turn, (150, 150), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    enrolment = assess(reader, np.asarray(portrait, np.uint8))
    assert enrolment.face is not None
    assert enrolment.fault in ((TOO_SMALL, None) if size < 80 else (None,))
    apart = np.linalg.norm(enrolment.face.template - reader.find(whole)[0].template)
    assert apart < 0.4


def test_a_face_found_by_leaning_the_picture_is_where_it_is(reader: FaceReader) -> None:
    whole = face(300)
    x, y, width, _ = reader.find(whole)[0].box
    found = reader._find_rotated(whole)[0]
    assert found.low_confidence
    assert abs(found.box[0] - x) + abs(found.box[1] - y) < 0.3 * width


def test_a_folder_of_persons_is_a_gallery(reader: FaceReader, tmp_path: Path) -> None:
    (tmp_path / "eileen").mkdir()
    (tmp_path / "nobody").mkdir()
    cv2.imwrite(str(tmp_path / "eileen" / "a.jpg"), face(300))
    cv2.imwrite(str(tmp_path / "nobody" / "b.png"), wall())
    (tmp_path / "nobody" / "c.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("not a person")
    photos = list(examine_all(reader, tmp_path))
    assert [(photo.person, photo.fault) for photo in photos] == [
        ("eileen", None),
        ("nobody", NO_FACE),
        ("nobody", UNREADABLE),
    ]
    assert examine(reader, "eileen", tmp_path / "eileen" / "a.jpg").face is not None


def test_names_no_stranger_and_knows_the_rest(reader: FaceReader, shared_data: Path) -> None:
    photos = [photo for photo in examine_all(reader, shared_data / "faces") if photo.face]
    first = {photo.person: photo for photo in reversed(photos)}
    for stranger in first:
        enrolled = [photo for person, photo in first.items() if person != stranger]
        gallery = Gallery([photo.person for photo in enrolled], [photo.face.template for photo in enrolled])  # type: ignore[union-attr]
        named = [gallery.match(photo.face.template).person for photo in photos]  # type: ignore[union-attr]
        assert named == [photo.person if photo.person != stranger else None for photo in photos]
