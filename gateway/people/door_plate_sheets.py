"""Prints door plates: A4 sheets of eight with cutting marks, as one HTML file to print from a browser."""

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
"""Width of the code without its quiet zone: any phone reads it at arm's length."""
_QUIET = 4
"""Modules of white around the code: ISO/IEC 18004, 5.3.8."""


@dataclass(frozen=True, slots=True)
class PrintedDoorPlate:
    """One door plate; `url` is the content of the code."""

    room: str
    url: str


@dataclass(frozen=True, slots=True)
class _RenderedPlate:
    name: Markup
    code: Markup


def door_plate_sheets(plates: Sequence[PrintedDoorPlate], compound: str, phone: str) -> str:
    """The HTML document; eight plates a page, in the given order."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rendered = [_RenderedPlate(_breakable(plate.room), qr_code(plate.url)) for plate in plates]
    per_page = _COLUMNS * _ROWS
    pages = [rendered[start : start + per_page] for start in range(0, len(rendered), per_page)]
    marks = [(x, y) for x in (10, 105, 200) for y in range(10, 288, 69)]
    return templates.get_template("sheets.html").render(pages=pages, compound=compound, phone=phone, marks=marks)


def qr_code(text: str) -> Markup:
    """Inline SVG at error correction level Q: readable with a quarter of it scratched off."""
    code = segno.make_qr(text, error="q", boost_error=False)
    modules = code.symbol_size(border=0)[0]
    width = _CODE_MM * (modules + 2 * _QUIET) / modules
    svg = code.svg_inline(border=_QUIET, omitsize=True, svgclass=None, lineclass=None)
    return Markup(svg.replace("<svg ", f'<svg style="width:{width:.2f}mm;height:{width:.2f}mm" ', 1))  # noqa: S704  # segno's own drawing


def _breakable(room: str) -> Markup:
    """The room's name, which may break after 楼, 单元 and 区 and at spaces only."""
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[楼元区座栋])", room) if part)
