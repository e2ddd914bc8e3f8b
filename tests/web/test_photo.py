"""A stranger's photograph with odd tags: turned upright where its orientation can be read, taken as it is where not."""

from __future__ import annotations

import io
import random
import struct

import pytest
from PIL import Image

from gateway.web.pages.photo import InvalidPhoto, orientation_of, sanitize_photo

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
"""Pillow's, of tags that it can't read."""


def tiff(entries: bytes, count: int, order: str = "<") -> bytes:
    return b"Exif\0\0" + (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}LH", 8, count) + entries


def entry(tag: int, kind: int, values: int, value: int, order: str = "<") -> bytes:
    return struct.pack(f"{order}HHLHH", tag, kind, values, value, 0)


def photo(exif: bytes = b"", **more: object) -> bytes:
    written = io.BytesIO()
    image = Image.new("RGB", (40, 20), "red")
    image.save(written, "JPEG", exif=exif, **more)
    return written.getvalue()


def size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("orientation", "is_turned"), [(1, False), (3, False), (6, True), (8, True), (99, False)])
def test_it_is_turned_upright(order: str, orientation: int, is_turned: bool) -> None:
    exif = tiff(entry(0x0112, 3, 1, orientation, order), 1, order)
    assert orientation_of(exif) == orientation
    assert size(sanitize_photo(photo(exif))) == ((20, 40) if is_turned else (40, 20))


ODD = [
    tiff(entry(0x0112, 2, 4, 6), 1),  # a text
    tiff(entry(0x0112, 3, 0, 6), 1),  # no value at all
    tiff(entry(0x0112, 5, 1, 0), 1),  # a fraction, somewhere
    tiff(entry(0x9286, 7, 0xFFFFFFF0, 6), 1),  # a comment of 4 GB
    tiff(entry(0x8769, 4, 1, 8), 1),  # a directory that is itself
    tiff(b"", 0xFFFF),
    tiff(entry(0x0100, 3, 1, 6) * 300, 300),
    b"Exif\0\0",
    b"Exif\0\0II",
    b"Exif\0\0XX*\0" + bytes(20),
    b"\xff" * 100,
]


@pytest.mark.parametrize("exif", ODD, ids=range(len(ODD)))
def test_odd_tags_spoil_no_photograph(exif: bytes) -> None:
    assert size(sanitize_photo(photo(exif))) == (40, 20)


def test_tags_of_any_bytes_break_nothing() -> None:
    chance = random.Random(46)
    for _ in range(300):
        exif = bytearray(tiff(b"".join(entry(chance.randrange(0x110, 0x120), 3, 1, 6) for _ in range(4)), 4))
        for _ in range(5):
            exif[chance.randrange(len(exif))] = chance.randrange(256)
        data = photo(bytes(exif))
        assert size(sanitize_photo(data)) in {(40, 20), (20, 40)}


def test_a_picture_of_any_bytes_is_a_picture_or_none() -> None:
    chance = random.Random(46)
    whole = {kind: io.BytesIO() for kind in ("JPEG", "PNG", "WEBP")}
    for kind, written in whole.items():
        Image.new("RGB", (40, 20), "red").save(written, kind, exif=ODD[0])
    for number in range(600):
        data = bytearray([*whole.values()][number % 3].getvalue())
        for _ in range(chance.randrange(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            assert sanitize_photo(bytes(data))
        except InvalidPhoto:
            continue


def test_no_word_of_the_photographer_is_kept() -> None:
    made = sanitize_photo(photo(tiff(entry(0x0112, 3, 1, 1), 1), comment=b"taken at home, 3-1-1502"))
    assert b"home" not in made
    with Image.open(io.BytesIO(made)) as image:
        assert not image.getexif()
        assert "comment" not in image.info
