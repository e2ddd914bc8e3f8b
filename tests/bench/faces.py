"""`python -m tests.bench.faces`: ms a face beside face_recognition in one run, search, and who is named.

One thread each, in turn. The face is scikit-image's astronaut; who is named is asked of the
shared photographs (ANJU_SHARED_DATA), few as they are, and left out without them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from warnings import catch_warnings, simplefilter

import cv2
import dlib
import numpy as np
from rich.console import Console
from rich.table import Table

from gateway.vision.recognise.dlib_faces import DlibExtractor, HogFaceDetector, locate_landmarks, rgb
from gateway.vision.recognise.encoder import TEMPLATE_LENGTH, DlibEncoder, fastest_encoder
from gateway.vision.recognise.faces import FaceReader
from gateway.vision.recognise.gallery import Gallery
from gateway.vision.recognise.photos import Photo, examine_all
from tests.vision.clips import face, paste, wall

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ANJU_SHARED_DATA", ROOT.parent / "shared" / "data")) / "faces"
ENROLLED = 5000


def main() -> None:
    console = Console(width=None if Console().is_terminal else 110)
    cv2.setNumThreads(1)
    console.print(_speed())
    if DATA.is_dir():
        with console.status("who is named"):
            console.print(_named([photo for photo in examine_all(FaceReader(), DATA) if photo.face]))


def _speed() -> Table:
    picture = paste(wall(720, 1280), face(300), 500, 200)
    finder, describer = HogFaceDetector(), DlibExtractor()
    (found,) = finder.find(picture, 80)
    x, y, width, height = found.box
    chip = dlib.get_face_chip(rgb(picture), found.detection, 150, 0.25)
    ours, reference = fastest_encoder(), DlibEncoder()
    colours, corners, theirs = rgb(picture), [(y, x + width, y + height, x)], _face_recognition()
    after = _ms(lambda: describer.extract(picture, locate_landmarks(finder._landmarks, picture, found.box)), 30)
    encoder, dlibs = _ms(lambda: ours.encode(chip), 30), _ms(lambda: reference.encode(chip), 8)
    whole = _ms(lambda: theirs(colours, known_face_locations=corners, model="small"), 8)
    apart = float(np.linalg.norm(ours.encode(chip) - reference.encode(chip)))
    table = Table(
        "one thread", "ours ms", "face_recognition ms", "ratio", title=f"faces; descriptors differ by {apart:.1e}"
    )
    table.add_row("find in 1280 × 720 (HOG)", f"{_ms(lambda: finder.find(picture, 80), 8):.1f}", "", "")
    table.add_row("encode a chip", f"{encoder:.1f}", f"{dlibs:.1f}", f"{dlibs / encoder:.1f}×")
    table.add_row("a face after it is found", f"{after:.1f}", f"{whole:.1f}", f"{whole / after:.1f}×")
    table.add_row(f"search {ENROLLED:,} persons", f"{_search():.3f}", "", "")
    return table


def _face_recognition() -> Callable[..., Any]:
    with catch_warnings():
        simplefilter("ignore")  # pkg_resources, by which its models are found, is deprecated
        from face_recognition import face_encodings
    encode: Callable[..., Any] = face_encodings
    return encode


def _search() -> float:
    rng = np.random.default_rng(1)
    templates = rng.normal(size=(ENROLLED, TEMPLATE_LENGTH)).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    gallery = Gallery([f"p{number}" for number in range(ENROLLED)], list(templates))
    near = (templates[7] + 0.02 * rng.normal(size=TEMPLATE_LENGTH)).astype(np.float32)
    return _ms(lambda: gallery.match(near), 200)


def _named(photos: list[Photo]) -> str:
    """Every photograph once as the only one enrolled of its person, the others looked at; each person once absent."""
    known, knowable, strangers, misnamed = 0, 0, 0, 0
    for enrolled in photos:
        rest = _one_each([photo for photo in photos if photo.person != enrolled.person])
        gallery = _gallery([enrolled, *rest])
        absent = _gallery(rest)
        for seen in photos:
            if seen.person == enrolled.person and seen is not enrolled:
                knowable += 1
                known += _match(gallery, seen) == seen.person
                strangers += 1
                misnamed += _match(absent, seen) is not None
    return (
        f"{len(photos)} photographs of {len({photo.person for photo in photos})} persons (indicative): "
        f"{known} of {knowable} named from one photograph, {misnamed} of {strangers} strangers named"
    )


def _one_each(photos: list[Photo]) -> list[Photo]:
    return list({photo.person: photo for photo in photos}.values())


def _gallery(photos: list[Photo]) -> Gallery:
    faces = [(photo.person, photo.face.template) for photo in photos if photo.face]
    return Gallery([person for person, _ in faces], [template for _, template in faces])


def _match(gallery: Gallery, photo: Photo) -> str | None:
    assert photo.face is not None
    return gallery.match(photo.face.template).person


def _ms(work: Callable[[], object], times: int) -> float:
    work()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return 1000 * median(took)


if __name__ == "__main__":
    main()
