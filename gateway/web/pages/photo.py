"""Sanitizes an uploaded photo: decodes it within limits, turns it upright, and encodes it again without metadata."""

from __future__ import annotations

import io
import struct

from PIL import Image

_MAX_PIXELS = 25_000_000
_MAX_SIDE = 1600
_QUALITY = 82
_FORMATS = ("JPEG", "PNG", "WEBP")
_ORIENTATION, _SHORT, _MAX_TAGS = 0x0112, 3, 200
_TRANSPOSE_BY_ORIENTATION = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PILLOW_ERRORS = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError, OSError),
    *(SyntaxError, TypeError, ValueError, struct.error),
)
"""What Pillow raises for bytes that are no picture or a damaged one; these exceptions have no common base class."""


class InvalidPhoto(ValueError):
    """The bytes are not a picture in a format that is accepted."""


def sanitize_photo(data: bytes) -> bytes:
    """A JPEG of at most 1600 pixels a side, without location, camera or other metadata.

    Raises InvalidPhoto. Blocking: call it in a thread.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise InvalidPhoto(f"{image.width}×{image.height} pixels")
            # JPEG only: decode at a reduced size, which takes a fraction of the time and memory.
            image.draft("RGB", (_MAX_SIDE, _MAX_SIDE))
            transpose = _TRANSPOSE_BY_ORIENTATION.get(orientation_of(image.info.get("exif")))
            upright = (image.transpose(transpose) if transpose is not None else image).convert("RGB")
            upright.thumbnail((_MAX_SIDE, _MAX_SIDE))
            upright.info = {}  # else Pillow writes the comment into the new file
            output = io.BytesIO()
            upright.save(output, "JPEG", quality=_QUALITY)
            return output.getvalue()
    except (*_PILLOW_ERRORS, Image.DecompressionBombError) as error:
        raise InvalidPhoto(str(error)) from error


def orientation_of(exif: object) -> int:
    """The EXIF orientation, 1 to 8 (EXIF 2.32, 4.6.4 A); 1 when there is none that can be read.

    Not read by Pillow, because it parses all other tags too and fails on malformed ones.
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
        for number in range(min(count, _MAX_TAGS)):
            tag, kind, values, value = struct.unpack_from(f"{order}HHLH", tiff, at + 2 + 12 * number)
            if (tag, kind, values) == (_ORIENTATION, _SHORT, 1):
                return int(value)
    except struct.error:
        return 1
    return 1
