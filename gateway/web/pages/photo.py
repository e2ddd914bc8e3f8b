"""A stranger's photograph, made harmless: decoded within bounds, turned upright, written anew without its tags."""

from __future__ import annotations

import io
import struct

from PIL import Image

_MOST_PIXELS = 25_000_000
_LONGEST_SIDE = 1600
_QUALITY = 82
_FORMATS = ("JPEG", "PNG", "WEBP")
_ORIENTATION, _SHORT, _MOST_TAGS = 0x0112, 3, 200
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_STUMBLES = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError, OSError),
    *(SyntaxError, TypeError, ValueError, struct.error),
)
"""What Pillow's readers raise for bytes that are no picture, or an odd one; they have no common base."""


class InvalidPhoto(ValueError):
    """These bytes are no picture we take."""


def sanitize_photo(data: bytes) -> bytes:
    """A JPEG of at most 1600 pixels a side, with no place or camera written in it. Blocking; raises NotAPhoto."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise InvalidPhoto(f"{image.width}×{image.height} pixels")
            image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
            turned = _TURNS.get(orientation_of(image.info.get("exif")))
            upright = (image.transpose(turned) if turned is not None else image).convert("RGB")
            upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            upright.info = {}  # a comment would be written too
            written = io.BytesIO()
            upright.save(written, "JPEG", quality=_QUALITY)
            return written.getvalue()
    except (*_STUMBLES, Image.DecompressionBombError) as error:
        raise InvalidPhoto(str(error)) from error


def orientation_of(exif: object) -> int:
    """The tag of that name (EXIF 2.32, 4.6.4 A), 1 where there is none that can be read.

    Read here and not by Pillow, which reads all other tags too, and breaks on those that are odd.
    """
    if not isinstance(exif, bytes):
        return 1
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        if order is None:
            return 1
        (at,) = struct.unpack_from(f"{order}L", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for number in range(min(count, _MOST_TAGS)):
            tag, kind, values, value = struct.unpack_from(f"{order}HHLH", tiff, at + 2 + 12 * number)
            if (tag, kind, values) == (_ORIENTATION, _SHORT, 1):
                return int(value)
    except struct.error:
        return 1
    return 1
