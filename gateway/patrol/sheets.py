"""Prints the QR codes of checkpoints: A4 plates of eight a page, or small stickers of 21, as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

Size = Literal["plate", "sticker"]
_PER_PAGE: dict[Size, int] = {"plate": 8, "sticker": 21}
_CODE_MM: dict[Size, float] = {"plate": 46.0, "sticker": 31.0}
_QUIET = 4
"""Modules of white around the code: ISO/IEC 18004, 5.3.8."""


@dataclass(frozen=True, slots=True)
class PrintedCheckpoint:
    """`url` is the content of the code; `issued` a date, to tell an old print from a new one."""

    id: str
    name: str
    place: str
    url: str
    issued: str


@dataclass(frozen=True, slots=True)
class _Rendered:
    point: PrintedCheckpoint
    code: Markup


def checkpoint_sheets(points: Sequence[PrintedCheckpoint], compound: str, size: Size) -> str:
    """The HTML document, in the given order."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rendered = [_Rendered(point, _qr_code(point.url, _CODE_MM[size])) for point in points]
    per_page = _PER_PAGE[size]
    pages = [rendered[start : start + per_page] for start in range(0, len(rendered), per_page)]
    return templates.get_template("checkpoint_sheets.html").render(pages=pages, compound=compound, size=size)


def pages_of(count: int, size: Size) -> int:
    """How many pages so many codes take."""
    return -(-count // _PER_PAGE[size])


def _qr_code(text: str, width_mm: float) -> Markup:
    """Inline SVG at error correction level Q, its quiet zone within `width_mm`."""
    svg = segno.make_qr(text, error="q", boost_error=False).svg_inline(
        border=_QUIET, omitsize=True, svgclass=None, lineclass=None
    )
    style = f'<svg style="width:{width_mm}mm;height:{width_mm}mm" '
    return Markup(svg.replace("<svg ", style, 1))  # noqa: S704  # segno's own drawing
