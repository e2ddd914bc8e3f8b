from __future__ import annotations

import json

import numpy as np

from gateway.vision.face_matching import FaceMatching, FaceModels, ModelFile
from gateway.vision.identities import Identities, IdentityFace, IdentityVehicle
from gateway.vision.identity_index import IdentityIndex
from gateway.vision.recognise.voting import PlateResult


def template(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=128).astype(np.float32)


KNOWN = Identities(
    [
        IdentityFace("p1", "张三", "b3/u1/1502", "resident", template(1)),
        IdentityFace("w1", "李四", None, "watch", template(2)),
    ],
    [IdentityVehicle("苏MO1234", "b3/u1/1502", "resident"), IdentityVehicle("沪A12345", None, "watch")],
)


def test_goes_over_the_wire_and_comes_back() -> None:
    header, blob = KNOWN.to_message()
    back = Identities.from_message(json.loads(json.dumps(header)), blob)
    assert back == KNOWN
    assert [np.array_equal(a.template, b.template) for a, b in zip(back.faces, KNOWN.faces, strict=True)] == [True] * 2


def test_how_faces_are_matched_goes_along() -> None:
    known = Identities(matching=FaceMatching(FaceModels(ModelFile("d.onnx", "12"), None), 800, 0.1, 0.45))
    header, blob = known.to_message()
    assert Identities.from_message(json.loads(json.dumps(header)), blob) == Identities([], [], known.matching)


def test_nobody_known_goes_over_the_wire() -> None:
    assert Identities.from_message(*Identities().to_message()) == Identities([], [])


def test_nobody_has_a_name_in_the_journal() -> None:
    registry = IdentityIndex(KNOWN)
    assert registry.describe_person("p1") == {"person": "p1", "list": "resident", "household": "b3/u1/1502"}
    assert registry.describe_person("w1") == {"person": "w1", "list": "watch", "household": None}


def whose(plate: str, *, province: float = 1.0, registry: IdentityIndex | None = None) -> dict[str, object]:
    return (registry or IdentityIndex(KNOWN)).describe_plate(PlateResult(plate, 0.9, province))


def test_a_plate_registered_with_the_letter_o_is_found_by_what_stands_on_the_metal() -> None:
    found = {"text": "苏M01234", "score": 0.9, "list": "resident", "household": "b3/u1/1502"}
    assert whose("苏M01234") == found
    assert whose("沪A12345")["list"] == "watch"
    assert whose("京A12345")["list"] is None


def test_a_smudged_province_is_taken_for_the_registered_one_and_the_reason_is_told() -> None:
    told = whose("鄂M01234", province=0.4)
    assert (told["text"], told["read"], told["list"]) == ("苏M01234", "鄂M01234", "resident")
    assert told["reason"] == {
        "zh": "识读为 ?M01234，按登记认作 苏M01234",
        "en": "read ?M01234, taken for 苏M01234",
    }


def test_a_province_that_was_read_well_is_believed() -> None:
    assert whose("鄂M01234", province=0.6) == {"text": "鄂M01234", "score": 0.9, "list": None, "household": None}


def test_two_registered_plates_that_are_the_same_but_for_the_province_help_nobody() -> None:
    both = [IdentityVehicle("苏M01234", None, "resident"), IdentityVehicle("浙M01234", None, "watch")]
    assert whose("鄂M01234", province=0.1, registry=IdentityIndex(Identities([], both)))["list"] is None


def test_no_stranger_of_five_hundred_is_taken_for_one_who_differs_in_more_than_an_unsure_province() -> None:
    """The nearest strangers there are: a registered plate with one other character, whatever the province's glyph."""
    rng = np.random.default_rng(4)
    plates = [f"苏A{number}" for number in rng.choice(np.arange(10_000, 100_000), 2000, replace=False)]
    registry = IdentityIndex(Identities([], [IdentityVehicle(plate, None, "resident") for plate in plates]))
    registered = {plate[1:] for plate in plates}
    strangers = []
    while len(strangers) < 500:
        body, place = plates[int(rng.integers(len(plates)))][1:], int(rng.integers(6))
        other = body[:place] + str(rng.choice(list("BCDEFGH" if place == 0 else "0123456789"))) + body[place + 1 :]
        strangers += [other] if other not in registered else []
    unsure = [whose(f"鄂{body}", province=float(rng.random()), registry=registry) for body in strangers]
    assert [said["list"] for said in unsure] == [None] * 500
    assert not any("reason" in said for said in unsure)
    sure = [whose(f"鄂{plate[1:]}", province=float(rng.uniform(0.5, 1)), registry=registry) for plate in plates[:500]]
    assert [said["list"] for said in sure] == [None] * 500
