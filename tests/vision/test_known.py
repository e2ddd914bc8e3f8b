from __future__ import annotations

import json

import numpy as np

from gateway.vision.known import TEMPLATE_LENGTH, Known, KnownFace, KnownVehicle
from gateway.vision.recogniser import Registry


def template(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=TEMPLATE_LENGTH).astype(np.float32)


KNOWN = Known(
    [
        KnownFace("p1", "张三", "b3/u1/1502", "resident", template(1)),
        KnownFace("w1", "李四", None, "watch", template(2)),
    ],
    [KnownVehicle("苏MO1234", "b3/u1/1502", "resident"), KnownVehicle("沪A12345", None, "watch")],
)


def test_goes_over_the_wire_and_comes_back() -> None:
    header, blob = KNOWN.message()
    back = Known.of(json.loads(json.dumps(header)), blob)
    assert back == KNOWN
    assert [np.array_equal(a.template, b.template) for a, b in zip(back.faces, KNOWN.faces, strict=True)] == [True] * 2


def test_nobody_known_goes_over_the_wire() -> None:
    assert Known.of(*Known().message()) == Known([], [])


def test_a_resident_has_no_name_in_the_journal_and_the_watched_have() -> None:
    registry = Registry(KNOWN)
    assert registry.person("p1") == {"person": "p1", "list": "resident", "household": "b3/u1/1502"}
    assert registry.person("w1") == {"person": "w1", "list": "watch", "household": None, "name": "李四"}


def test_a_plate_registered_with_the_letter_o_is_found_by_what_stands_on_the_metal() -> None:
    registry = Registry(KNOWN)
    assert registry.plate("苏M01234") == {"list": "resident", "household": "b3/u1/1502"}
    assert registry.plate("沪A12345") == {"list": "watch", "household": None}
    assert registry.plate("京A12345") == {"list": None, "household": None}
