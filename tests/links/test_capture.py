"""Captures that are none: the line is named, whatever stands there."""

from __future__ import annotations

import pytest

from gateway.errors import BadInput
from gateway.links.capture import read_chunks

HEAD = '{"anju": "capture", "device": "d", "kind": "k"}'
LONG = '{"t": ' + "9" * 400 + ', "way": "in", "data": ""}'


@pytest.mark.parametrize("line", ["{", "[1]", '{"t": 1}', '{"t": 1, "way": "in", "data": "0"}', "[" * 100_000, LONG])
def test_a_line_of_something_else_is_named(line: str) -> None:
    with pytest.raises(BadInput, match="line 2 is not a line of a capture"):
        list(read_chunks([HEAD, line]))
