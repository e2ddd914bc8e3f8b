"""Checks of plan.yaml that need more than one key: ids, the tree of drawings, positions inside their drawing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from gateway.config.document import Document
from gateway.config.entries import UniqueIds
from gateway.config.plan import PlanSettings
from gateway.settings.mend import Loc, did_you_mean

SITE = "site"
"""The id of the drawing that the gateway makes of the places, when plan.yaml has none without a parent."""
_SHAPE_TOLERANCE = 0.02


def check_plan(document: Document | None, plan: PlanSettings, buildings: Collection[str]) -> None:
    """Add the mistakes to the document. `buildings` are the ids of compound.yaml."""
    if document is None:
        return
    _check_drawings(document, plan)
    extents = {drawing.id: drawing.extent for drawing in plan.drawings}
    made = made_drawings(plan, buildings)
    for loc, drawing in _drawing_refs(plan):
        if drawing not in extents and drawing not in made:
            mend = did_you_mean(drawing, [*extents, *made])
            document.add_mistake(loc, f"drawing {drawing!r} does not exist", mend)
    for loc, drawing, (x, y) in _points(plan):
        width, height = extents.get(drawing, (x, y))
        if x > width or y > height:
            what = f"[{x:g}, {y:g}] is outside of the drawing {drawing!r}"
            document.add_mistake(loc, what, f"x is at most {width:g}, y at most {height:g}")
    for place, position in plan.places.items():
        loc = ("places", place)
        if position.at is None and not position.outline:
            document.add_mistake(loc, f"{place!r} has no position", "give 'at: [x, y]' or an outline")
        elif 0 < len(position.outline) < 3:
            document.add_mistake((*loc, "outline"), "an outline has three corners or more", "add the missing ones")


def made_drawings(plan: PlanSettings, buildings: Collection[str]) -> list[str]:
    """The drawings that the gateway makes: the site, and each building that plan.yaml has no drawing of."""
    site = [] if any(drawing.parent is None for drawing in plan.drawings) else [SITE]
    drawn = {drawing.id for drawing in plan.drawings} | {drawing.place for drawing in plan.drawings}
    return [*site, *(building for building in buildings if building not in drawn)]


def _check_drawings(document: Document, plan: PlanSettings) -> None:
    ids = UniqueIds(document, "drawing")
    parents = {drawing.id: drawing.parent for drawing in reversed(plan.drawings)}
    for index, drawing in enumerate(plan.drawings):
        loc: Loc = ("drawings", index)
        ids.add(drawing.id, (*loc, "id"))
        _check_shape(document, loc, plan, index)
        if drawing.parent is not None and drawing.id in _above(drawing.id, parents):
            document.add_mistake((*loc, "parent"), f"{drawing.id!r} would be above itself", "give another parent")


def _check_shape(document: Document, loc: Loc, plan: PlanSettings, index: int) -> None:
    drawing = plan.drawings[index]
    if drawing.size is None:
        return
    (width, height), file = drawing.size, drawing.file
    if abs(width / height / (file.width / file.height) - 1) > _SHAPE_TOLERANCE:
        what = f"size {width:g} × {height:g} has another shape than the file, which is {file.width:g} × {file.height:g}"
        mend = f"write [{width:g}, {width * file.height / file.width:.4g}], or leave it out"
        document.add_mistake((*loc, "size"), what, mend)


def _above(drawing: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    """The drawings above it; ends where a circle closes."""
    seen: set[str] = set()
    above = parents.get(drawing)
    while above is not None and above not in seen:
        seen.add(above)
        yield above
        above = parents.get(above)


def _drawing_refs(plan: PlanSettings) -> Iterator[tuple[Loc, str]]:
    for index, drawing in enumerate(plan.drawings):
        if drawing.parent is not None:
            yield ("drawings", index, "parent"), drawing.parent
    for key, positions in (("devices", plan.devices), ("places", plan.places)):
        for name, position in positions.items():
            yield (key, name, "drawing"), position.drawing


def _points(plan: PlanSettings) -> Iterator[tuple[Loc, str, tuple[float, float]]]:
    for device, found in plan.devices.items():
        yield ("devices", device), found.drawing, (found.x, found.y)
    for place, position in plan.places.items():
        if position.at is not None:
            yield ("places", place, "at"), position.drawing, position.at
        for index, corner in enumerate(position.outline):
            yield ("places", place, "outline", index), position.drawing, corner
