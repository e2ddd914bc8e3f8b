"""A made drawing as SVG. Grey on purpose: colour is kept for alarms and faults, which the console draws above it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from gateway.plan.model import PlanDrawing, Shape

_STYLE = """
.ground{fill:#eef2ee;stroke:#b9c4bd;stroke-width:2}
.wall{fill:#9aa5a0;stroke:#6b7771;stroke-width:1.5}
.gate{fill:#fff;stroke:#4c5853;stroke-width:2.5;stroke-dasharray:10 6}
.building{fill:#d6ddd8;stroke:#78847e;stroke-width:2}
.tile{fill:#e3e8e5;stroke:#9aa5a0;stroke-width:1.5}
.unit{fill:#f7f9f7;stroke:#78847e;stroke-width:2}
.room{fill:none;stroke:#c6cfc9;stroke-width:1}
.floor{fill:none}
.entrance{fill:#e3e8e5;stroke:#78847e;stroke-width:2}
text{font-family:'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;fill:#27312d}
.small{fill:#5a6761}
"""
_FONT = {"building": 30, "tile": 22, "gate": 22, "wall": 18, "entrance": 24, "room": 15, "floor": 18}


def svg(drawing: PlanDrawing, language: str) -> str:
    """The whole file, with the places' names in that language."""
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    shapes = "".join(part for shape in drawing.shapes for part in _shape(shape, language))
    title = escape(drawing.name[language])
    return f"{head}<title>{title}</title><style>{_STYLE}</style>{shapes}</svg>\n"


def _shape(shape: Shape, language: str) -> Iterator[str]:
    box = f'x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}"'
    corner = 8 if shape.kind in {"building", "tile", "ground"} else 0
    yield f'<rect class="{shape.kind}" {box} rx="{corner}"/>'
    if shape.label is not None:
        yield _label(shape, shape.label[language])


def _label(shape: Shape, text: str) -> str:
    size = _FONT.get(shape.kind, 20)
    x, y, anchor, turn = shape.x + 10, shape.y + size * 1.1, "start", ""
    if shape.kind in {"wall", "gate"}:
        x, y, anchor, turn = _beside(shape, size)
    elif shape.kind == "room":
        x, y = shape.x + 5, shape.y + size
    elif shape.kind == "floor":
        y = shape.y + shape.height / 2 + size * 0.35
    limit = shape.height if shape.kind in {"wall", "gate"} and shape.height > shape.width else shape.width
    fitted = min(size, max(9.0, (limit - 12) / max(_widths(text), 1)))
    small = "small" if shape.kind in {"room", "floor", "wall"} else ""
    attributes = f'x="{x:g}" y="{y:g}" font-size="{fitted:.4g}" text-anchor="{anchor}"{turn}'
    return f'<text class="{small}" {attributes}>{escape(text)}</text>'


def _beside(shape: Shape, size: float) -> tuple[float, float, str, str]:
    """The name of a length of wall or of a gate stands outside of it, along it."""
    x, y = shape.center
    if shape.width >= shape.height:
        return x, (shape.y - 8 if shape.y < 100 else shape.y + shape.height + size), "middle", ""
    side = shape.x - 10 if shape.x < 100 else shape.x + shape.width + size
    return side, y, "middle", f' transform="rotate(-90 {side:g} {y:g})"'


def _widths(text: str) -> float:
    """The text's width in units of the font size, about: a Chinese character is one, a Latin letter a little more than
    half.
    """
    return sum(1.0 if ord(character) > 0x2E80 else 0.6 for character in text)
