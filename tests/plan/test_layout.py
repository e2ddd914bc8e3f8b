"""Drawings made of the places: every place is somewhere, nothing lies on something else, and the same comes again."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree as ET

import pytest

from gateway.config import load
from gateway.config.compound import Building
from gateway.config.places import expand
from gateway.config.plan.svg_check import check_svg
from gateway.model import Place, Words
from gateway.plan import make, svg
from gateway.plan.building_layout import building_drawing
from gateway.plan.sides import side_of
from gateway.plan.site_layout import site_drawing
from gateway.plan.spread import spread

NAME = Words("测试小区", "Test")


def compound(buildings, extra):
    made = [
        Building(id=f"b{n}", name={"zh": f"{n}号楼", "en": f"Building {n}"}, units=2, floors=3, rooms=2)
        for n in range(1, buildings + 1)
    ]
    places = {place.path: place for building in made for place in expand(building)}
    places |= {path: Place(path, Words(zh, path)) for path, zh in extra.items()}
    return made, places


LARGE = {
    **{f"wall/{side}{n}": f"{side}{n}" for side in "nesw" for n in range(1, 12)},
    **{f"gate/{gate}{rest}": gate for gate in ("east", "north", "third") for rest in ("", "/walk", "/lane")},
    "garage": "车库",
    "garage/p1": "车位",
    "guardroom": "门卫室",
}


def overlap(one, other):
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@pytest.mark.parametrize(
    ("buildings", "extra"), [(0, {}), (1, {"gate": "大门"}), (3, {"yard": "院子"}), (20, LARGE), (120, LARGE)]
)
def test_every_place_has_its_own_spot(buildings, extra):
    made, places = compound(buildings, extra)
    drawing = site_drawing("site", NAME, made, places)
    outside = {path for path in places if not path.startswith("b")}
    assert set(drawing.anchors) >= outside | {building.id for building in made}
    shapes = [shape for shape in drawing.shapes if shape.kind in {"building", "tile", "gate"}]
    assert not [(a.place, b.place) for a, b in itertools.combinations(shapes, 2) if overlap(a, b)]
    for shape in drawing.shapes:
        assert shape.x >= 0
        assert shape.y >= 0
        assert shape.x + shape.width <= drawing.width
        assert shape.y + shape.height <= drawing.height
        assert shape.width > 0


def test_walls_are_in_order_and_on_their_side():
    made, places = compound(3, LARGE)
    drawing = site_drawing("site", NAME, made, places)
    north = [drawing.anchors[f"wall/n{n}"].at for n in range(1, 12)]
    assert [x for x, _ in north] == sorted(x for x, _ in north)
    assert {y for _, y in north} == {north[0][1]}
    assert all(drawing.anchors[f"wall/w{n}"].at[0] < drawing.anchors["b1"].at[0] for n in range(1, 12))


@pytest.mark.parametrize(
    ("path", "name", "side"),
    [
        ("gate/east", "", "east"),
        ("wall/n1", "", "north"),
        ("wall/s-12", "", "south"),
        ("gate/2", "西门", "west"),
        ("gate/a", "", None),
    ],
)
def test_sides(path, name, side):
    assert side_of(path, Place(path, Words(name, name))) == side


def test_a_building_shows_all_its_rooms_above_its_entrances():
    [building], places = compound(1, {"b1/roof": "屋顶"})
    drawing = building_drawing(building, {**places, "b1/roof": Place("b1/roof", Words("屋顶", "Roof"))}, "site")
    assert {path for path in places if path.startswith("b1")} | {"b1/roof"} == set(drawing.anchors)
    assert drawing.anchors["b1/u1/301"].at[1] < drawing.anchors["b1/u1/101"].at[1] < drawing.anchors["b1/u1"].at[1]
    assert drawing.anchors["b1/u1/101"].at[0] < drawing.anchors["b1/u1/102"].at[0] < drawing.anchors["b1/u2/101"].at[0]


def test_the_svg_is_safe_well_formed_and_speaks_both_languages():
    made, places = compound(2, {"shop": "<b>&店"})
    drawing = site_drawing("site", NAME, made, places)
    for language, word in (("zh", "1号楼"), ("en", "Building 1")):
        text = svg(drawing, language)
        assert word in text
        ET.fromstring(text)
        assert check_svg(text.encode(), "site.svg") == (drawing.width, drawing.height)
    assert svg(drawing, "zh") == svg(site_drawing("site", NAME, made, dict(reversed(places.items()))), "zh")


def test_devices_at_one_place_are_apart_and_inside():
    made, places = compound(3, LARGE)
    anchor = site_drawing("site", NAME, made, places).anchors["garage"]
    points = list(spread(anchor, 30))
    assert len(set(points)) == 30
    (left, top), _, (right, bottom), _ = anchor.outline
    assert all(left <= x <= right and top <= y <= bottom for x, y in points)


def test_the_demos_plan_has_every_device(root):
    configuration = load(root / "config/demo")
    plan = make(configuration)
    assert set(plan.devices) == set(configuration.all_devices())
    assert plan.devices["gate"].listed
    assert plan.devices["home-b3-u1-1502"].drawing == "b3"
    assert plan.drawings["b1"].parent == "site"
    for point in plan.devices.values():
        assert 0 <= point.x <= plan.drawings[point.drawing].width
        assert 0 <= point.y <= plan.drawings[point.drawing].height


def test_without_plan_yaml_every_device_is_on_a_made_drawing(root, tmp_path):
    for name in ("compound", "devices", "rules"):
        (tmp_path / f"{name}.yaml").write_bytes((root / f"config/demo/{name}.yaml").read_bytes())
    configuration = load(tmp_path)
    plan = make(configuration)
    assert list(plan.drawings) == ["site", "b1", "b2", "b3"]
    assert set(plan.devices) == set(configuration.all_devices())
    assert plan == make(load(tmp_path))
