"""A stranger's photograph, made harmless: decoded within bounds, turned upright, written anew without its tags."""

from __future__ import annotations

import io
import struct

from PIL import Image, ImageOps

_MOST_PIXELS = 25_000_000
_LONGEST_SIDE = 1600
_QUALITY = 82
_FORMATS = ("JPEG", "PNG", "WEBP")


class NotAPhoto(ValueError):
    """These bytes are no picture we take."""


def harmless(data: bytes) -> bytes:
    """A JPEG of at most 1600 pixels a side, with no place or camera written in it. Blocking; raises NotAPhoto."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise NotAPhoto(f"{image.width}×{image.height} pixels")
            image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            written = io.BytesIO()
            upright.save(written, "JPEG", quality=_QUALITY)
            return written.getvalue()
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as error:
        raise NotAPhoto(str(error)) from error
