"""A person is taken out of texts however the words are spaced, and nothing else is."""

from __future__ import annotations

import json

import pytest

from gateway.privacy.identity import Identity
from gateway.privacy.scrubber import ERASED, Scrubber

WANG = Identity("p-77", ("王建国",), ("13812345678",), ("苏M12345",), ("321284196501011234",))
LI = Identity("p-78", ("Li Min", "李"), ("0523",))


@pytest.mark.parametrize(
    "text",
    [
        "王建国说误报",
        "电话13812345678。",
        "打 138 1234 5678 找他",
        "138-1234-5678",
        "苏M12345 进门",
        "苏M·12345",
        "苏m12345",
        "见到 {person:p-77}",
        "vehicle:苏M12345",
        "person:p-77",
        "p-77",
        r"\u738b\u5efa\u56fd",
    ],
)
def test_what_names_the_person_is_taken_out(text):
    scrubbed = Scrubber(WANG).text(text)
    assert ERASED in scrubbed
    for secret in ("王建国", "1234", "p-77", "738b"):
        assert secret not in scrubbed


@pytest.mark.parametrize("text", ["王建设", "213812345678", "p-770", "苏M123456", "person:p-779", "{person:p-7}"])
def test_what_only_looks_alike_stays(text):
    assert Scrubber(WANG).text(text) == text


def test_a_name_of_letters_is_a_whole_word_and_a_single_character_is_left():
    scrubber = Scrubber(LI)
    assert scrubber.text("Light of Li  Min, not Li Ming") == f"Light of {ERASED}, not Li Ming"
    assert scrubber.text("行李 0523 1503") == f"行李 {ERASED} 1503"


def test_json_stays_json_and_is_the_same_where_nothing_was_in_it():
    value = json.dumps({"b": ["王建国"], "a": 13812345678, "n": 3, "t": True}, ensure_ascii=False)
    scrubbed = json.loads(Scrubber(WANG).column(value))
    assert scrubbed == {"a": ERASED, "b": [ERASED], "n": 3, "t": True}
    other = '{"b": 1,  "a": "赵敏"}'
    assert Scrubber(WANG).column(other) == other
    assert Scrubber(WANG).column("{not json 王建国") == f"{{not json {ERASED}"


def test_an_identity_is_read_back_from_its_sealed_form():
    assert Identity.from_bytes(WANG.to_bytes()) == WANG


def test_the_forms_in_a_file():
    forms = WANG.byte_forms()
    for form in ("王建国".encode(), "王建国".encode("utf-16-le"), "王建国".encode("gbk"), rb"\u738b\u5efa\u56fd"):
        assert form in forms
    assert "李".encode() not in LI.byte_forms()
