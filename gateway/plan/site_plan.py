"""Makes the plan of a configuration: plan.yaml's drawings and positions, and what is missing made of the places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from gateway.config.configuration import Configuration
from gateway.config.plan import Drawing, PlacePosition, PlanSettings
from gateway.config.plan.checks import SITE, made_drawings
from gateway.model import Words
from gateway.plan.building_layout import building_drawing
from gateway.plan.model import Anchor, DevicePoint, PlanDrawing, Point, SitePlan
from gateway.plan.site_layout import site_drawing
from gateway.plan.spread import spread


def make(configuration: Configuration) -> SitePlan:
    """The plan of this configuration; the same configuration gives the same plan."""
    drawings = {drawing.id: drawing for drawing in _drawings(configuration)}
    return SitePlan(drawings, _devices(configuration, drawings))


def _drawings(configuration: Configuration) -> Iterator[PlanDrawing]:
    plan, compound, places = configuration.plan, configuration.compound, configuration.places
    made = made_drawings(plan, [building.id for building in compound.buildings])
    name = Words(compound.name, compound.name)
    if SITE in made:
        yield _with_places(site_drawing(SITE, name, compound.buildings, places), plan)
    for drawing in plan.drawings:
        yield _with_places(_of_file(drawing, configuration), plan)
    root = SITE if SITE in made else next(drawing.id for drawing in plan.drawings if drawing.parent is None)
    for building in compound.buildings:
        if building.id in made:
            shown = plan.places.get(building.id)
            parent = shown.drawing if shown and shown.drawing != building.id else root
            yield _with_places(building_drawing(building, places, parent), plan)


def _of_file(drawing: Drawing, configuration: Configuration) -> PlanDrawing:
    place = configuration.places.get(drawing.place) if drawing.place else None
    own = Words(configuration.compound.name, configuration.compound.name)
    name = drawing.name.words if drawing.name else place.name if place else own
    return PlanDrawing(drawing.id, name, drawing.place or "", drawing.parent, *drawing.extent, image=drawing.file)


def _with_places(drawing: PlanDrawing, plan: PlanSettings) -> PlanDrawing:
    """The drawing with the places that plan.yaml puts on it."""
    listed = {path: _anchor(each) for path, each in plan.places.items() if each.drawing == drawing.id}
    return PlanDrawing(
        drawing.id,
        drawing.name,
        drawing.place,
        drawing.parent,
        drawing.width,
        drawing.height,
        drawing.image,
        drawing.shapes,
        {**drawing.anchors, **listed},
    )


def _anchor(position: PlacePosition) -> Anchor:
    return Anchor(position.at or _middle(position.outline), position.outline)


def _middle(corners: tuple[Point, ...]) -> Point:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _devices(configuration: Configuration, drawings: Mapping[str, PlanDrawing]) -> dict[str, DevicePoint]:
    found: dict[str, DevicePoint] = {}
    waiting: dict[tuple[str, str], list[str]] = defaultdict(list)
    anchors: dict[tuple[str, str], Anchor] = {}
    for device in configuration.all_devices().values():
        listed = configuration.plan.devices.get(device.id)
        if listed is not None:
            values = (listed.drawing, listed.x, listed.y, listed.direction, listed.view, listed.range)
            found[device.id] = DevicePoint(*values, listed=True)
        elif (spot := _spot(device.place, drawings)) is not None:
            drawing, path, anchor = spot
            anchors[drawing, path] = anchor
            waiting[drawing, path].append(device.id)
    for (drawing, path), ids in waiting.items():
        for device_id, (x, y) in zip(ids, spread(anchors[drawing, path], len(ids)), strict=True):
            found[device_id] = _inside(drawings[drawing], x, y)
    return found


def _inside(drawing: PlanDrawing, x: float, y: float) -> DevicePoint:
    return DevicePoint(drawing.id, round(min(max(x, 0), drawing.width), 1), round(min(max(y, 0), drawing.height), 1))


def _spot(place: str, drawings: Mapping[str, PlanDrawing]) -> tuple[str, str, Anchor] | None:
    """The most detailed drawing that shows the place or, failing that, a place above it."""
    path = place
    while path:
        showing = [drawing for drawing in drawings.values() if path in drawing.anchors]
        if showing:
            drawing = max(showing, key=lambda each: len(each.place))
            return drawing.id, path, drawing.anchors[path]
        whole = next((drawing for drawing in drawings.values() if drawing.place == path), None)
        if whole is not None:
            return whole.id, path, Anchor((whole.width / 2, whole.height * 0.9), ())
        path = path.rpartition("/")[0]
    return None
