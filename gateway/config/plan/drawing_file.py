"""A drawing's file as plan.yaml names it: it must exist in the configuration's folder and be a safe image."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from PIL import Image
from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from gateway.config.plan.svg_check import check_svg
from gateway.settings.context import Context
from gateway.settings.mend import Wrong

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 60_000_000
SVG, PNG, JPEG = "image/svg+xml", "image/png", "image/jpeg"
_TYPES = {".svg": SVG, ".png": PNG, ".jpg": JPEG, ".jpeg": JPEG}


@dataclass(frozen=True, slots=True)
class DrawingImage:
    """A checked file. `sha256` is that of the bytes that were checked; `width` and `height` in pixels."""

    path: Path
    media_type: str
    sha256: str
    width: float
    height: float


def read_drawing(directory: Path, name: str) -> DrawingImage:
    """Read and check the file `name` in `directory`. Raises Wrong with the fix."""
    path = directory / name
    media_type = _TYPES.get(path.suffix.lower())
    if media_type is None:
        raise Wrong(f"file {name!r} is no drawing", "give an SVG, PNG or JPEG file")
    data = _read(directory, path, name)
    width, height = check_svg(data, name) if media_type == SVG else _check_pixels(data, name, media_type)
    return DrawingImage(path.absolute(), media_type, hashlib.sha256(data).hexdigest(), width, height)


def _read(directory: Path, path: Path, name: str) -> bytes:
    try:
        if not path.is_file():
            raise Wrong(f"file {name!r} does not exist", f"put it at {path} or give its path")
        # Everybody who is signed in may see the file, so it must not lead out of the folder.
        if not path.resolve().is_relative_to(directory.resolve()):
            raise Wrong(f"file {name!r} is outside of the configuration's folder", "copy it into that folder")
        if (size := path.stat().st_size) > MAX_BYTES:
            what = f"file {name!r} is {size / 1024 / 1024:.0f} MB long"
            raise Wrong(what, f"make it smaller; {MAX_BYTES // 1024 // 1024} MB is the most")
        return path.read_bytes()
    except OSError as error:
        raise Wrong(f"file {name!r} can't be read ({error.strerror})", "let the daemon's user read it") from None


def _check_pixels(data: bytes, name: str, media_type: str) -> tuple[float, float]:
    wanted = media_type.removeprefix("image/").upper()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked below
            with Image.open(BytesIO(data), formats=[wanted]) as image:
                width, height = image.size
                image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        what = f"file {name!r} is no {wanted} image, or a broken one"
        raise Wrong(what, "export it anew from your drawing") from None
    if width * height > MAX_PIXELS:
        mend = f"scale it down; {MAX_PIXELS // 1_000_000} megapixels is the most"
        raise Wrong(f"file {name!r} is {width} × {height} pixels large", mend)
    return float(width), float(height)


def _drawing_file(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str) or not value:
        raise Wrong("the file's name is missing", "write its path, such as plan/site.svg")
    if not isinstance(info.context, Context):  # without one, e.g. in a driver's test, there are no files
        return DrawingImage(Path(value), SVG, "", 1.0, 1.0)
    return read_drawing(info.context.directory, value)


DrawingFile = Annotated[
    DrawingImage,
    BeforeValidator(_drawing_file),
    WithJsonSchema({"type": "string", "format": "path"}),
]
