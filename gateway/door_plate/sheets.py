"""Prints door plates: A4 sheets with cutting marks, as one HTML file to print from a browser, batch by batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from gateway.door_plate.plate_layout import PlateLayout

Batches = Literal["none", "building", "unit"]
_QUIET = 4
"""Modules of white around the code: ISO/IEC 18004, 5.3.8."""


@dataclass(frozen=True, slots=True)
class PrintedDoorPlate:
    """One door plate; `url` is the content of the code, `place` the room's path."""

    room: str
    url: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands on every plate, and in the margin of every page: `made` is a date."""

    compound: str
    phone: str = ""
    address: str = ""
    made: str = ""


@dataclass(frozen=True, slots=True)
class _RenderedPlate:
    name: Markup
    code: Markup


@dataclass(frozen=True, slots=True)
class _Page:
    caption: str
    plates: Sequence[_RenderedPlate]


def door_plate_sheets(
    plates: Sequence[PrintedDoorPlate],
    heading: Heading,
    layout: PlateLayout = PlateLayout(),  # noqa: B008  # frozen
    batches: Batches = "none",
    nonce: str = "",
) -> str:
    """The HTML document, in the given order; each batch begins on a new page. `nonce` is for a page's own policy."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages = [page for batch, of_it in in_batches(plates, batches) for page in _pages(batch, of_it, heading, layout)]
    return templates.get_template("sheets.html").render(
        pages=pages, heading=heading, layout=layout, marks=layout.marks(), nonce=nonce
    )


def in_batches(plates: Sequence[PrintedDoorPlate], batches: Batches) -> list[tuple[str, Sequence[PrintedDoorPlate]]]:
    """The plates by building or unit, in the given order."""
    depth = {"none": 0, "building": 1, "unit": 2}[batches]
    found = groupby(plates, key=lambda plate: "/".join(plate.place.split("/")[:depth]))
    return [(batch, list(of_it)) for batch, of_it in found]


def page_count(plates: Sequence[PrintedDoorPlate], layout: PlateLayout, batches: Batches) -> int:
    """How many pages they take."""
    return sum(layout.pages(len(of_it)) for _, of_it in in_batches(plates, batches))


def _pages(batch: str, plates: Sequence[PrintedDoorPlate], heading: Heading, layout: PlateLayout) -> list[_Page]:
    count = layout.pages(len(plates))
    pages = []
    for number in range(count):
        some = plates[number * layout.per_page : (number + 1) * layout.per_page]
        parts = [heading.compound, batch, f"{len(plates)} 块", f"第 {number + 1}/{count} 页", heading.made]
        rendered = [_RenderedPlate(_breakable(plate.room), qr_code(plate.url, layout.code)) for plate in some]
        pages.append(_Page(" · ".join(part for part in parts if part), rendered))
    return pages


def qr_code(text: str, width_mm: float) -> Markup:
    """Inline SVG at error correction level Q: readable with a quarter of it scratched off."""
    code = segno.make_qr(text, error="q", boost_error=False)
    svg = code.svg_inline(border=_QUIET, omitsize=True, svgclass=None, lineclass=None)
    size = f'<svg width="{width_mm:.2f}mm" height="{width_mm:.2f}mm" '
    return Markup(svg.replace("<svg ", size, 1))  # noqa: S704  # segno's own drawing


def _breakable(room: str) -> Markup:
    """The room's name, which may break after 楼, 单元 and 区 and at spaces only."""
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[楼元区座栋])", room) if part)
