"""JSON as devices write it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocols.json_text import read_json, text_of

SAID = {"kind": "fire.alarm", "name": "厨房"}
WRITTEN = json.dumps(SAID, ensure_ascii=False)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]
)
def test_in_any_encoding(encoding: str) -> None:
    assert read_json(text_of(WRITTEN.encode(encoding))) == SAID


@pytest.mark.parametrize("around", [(b"\0", b"\0"), (b"", b"\0\0"), (b" \r\n", b"\r\n")])
def test_with_what_small_devices_leave_around_it(around: tuple[bytes, bytes]) -> None:
    assert read_json(text_of(around[0] + WRITTEN.encode() + around[1])) == SAID


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "9" * 5000, "1e400"])
def test_a_number_that_is_none_is_no_number(text: str) -> None:
    value = read_json(text)
    assert isinstance(value, float)
    assert not math.isfinite(value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "{'a': 1}", "hello"])
def test_what_is_no_json_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)


@given(st.binary(max_size=200))
def test_any_bytes_have_a_text(data: bytes) -> None:
    value: Any = None
    try:
        value = read_json(text_of(data))
    except ValueError:
        assert value is None
