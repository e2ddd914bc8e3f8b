"""Door plates on paper: A4 sheets of eight with marks to cut along, one HTML file for any browser's printer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_COLUMNS, _ROWS = 2, 4
_CODE_MM = 37.0
"""Width of the code itself, without its quiet zone: read at arm's length by any phone."""
_QUIET = 4
"""Modules of white around it: ISO/IEC 18004, 5.3.8."""


@dataclass(frozen=True, slots=True)
class Plate:
    """What stands on one door plate; `url` is what the code says."""

    room: str
    url: str


@dataclass(frozen=True, slots=True)
class _Drawn:
    name: Markup
    code: Markup


def sheets(plates: Sequence[Plate], compound: str, phone: str) -> str:
    """The whole document; eight plates a page, in the order given."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = [_Drawn(_breakable(plate.room), qr_code(plate.url)) for plate in plates]
    most = _COLUMNS * _ROWS
    pages = [drawn[start : start + most] for start in range(0, len(drawn), most)]
    marks = [(x, y) for x in (10, 105, 200) for y in range(10, 288, 69)]
    return templates.get_template("sheets.html").render(pages=pages, compound=compound, phone=phone, marks=marks)


def qr_code(text: str) -> Markup:
    """Inline SVG at error correction Q: a quarter of it may be scratched off."""
    code = segno.make_qr(text, error="q", boost_error=False)
    modules = code.symbol_size(border=0)[0]
    width = _CODE_MM * (modules + 2 * _QUIET) / modules
    svg = code.svg_inline(border=_QUIET, omitsize=True, svgclass=None, lineclass=None)
    return Markup(svg.replace("<svg ", f'<svg style="width:{width:.2f}mm;height:{width:.2f}mm" ', 1))  # noqa: S704  # segno's own drawing


def _breakable(room: str) -> Markup:
    """May break after 楼, 单元 and 区, and at spaces, and nowhere else."""
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[楼元区座栋])", room) if part)
