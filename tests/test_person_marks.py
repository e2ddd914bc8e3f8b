"""Names are put into kept sentences only when those are shown."""

from __future__ import annotations

import pytest

from gateway.model import Words, named_data, person_mark, with_ids, with_names

NAMES = {"p-77": "王建国"}


def test_a_mark_becomes_the_name_and_an_unknown_one_the_id():
    who, gone = person_mark("p-77"), person_mark("p-78")
    assert who != "p-77"
    said = with_names(Words(f"发现 {who}、{gone}", f"{who} and {gone} seen"), NAMES.get)
    assert said == Words("发现 王建国、p-78", "王建国 and p-78 seen")
    assert with_ids(Words(f"发现 {who}", who)) == Words("发现 p-77", "p-77")


@pytest.mark.parametrize("odd", ["", "a b", "{", "}x", "x" * 81])
def test_what_is_no_id_stays_as_it_is(odd):
    assert person_mark(odd) == odd


def test_data_is_named_in_all_its_texts():
    data = {"items": [{"zh": f"见到{person_mark('p-77')}", "count": 2, "until": None}]}
    assert named_data(data, NAMES.get) == {"items": [{"zh": "见到王建国", "count": 2, "until": None}]}
