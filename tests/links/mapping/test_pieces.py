"""Bodies of several parts, and of events as Dahua says them; tests/drivers/test_recorded.py has those of the field."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.links.mapping.multipart import MOST_PARTS, parts_of
from gateway.links.mapping.pieces import JPEG, read_pieces
from gateway.links.mapping.spoken import MOST_EVENTS, events_of

KIND = "multipart/form-data; boundary=b"
LARGE = 4 * 1024 * 1024
HEAD = b"--b\r\nContent-Type: application/json\r\n\r\n"


@pytest.mark.parametrize(
    "body",
    [
        HEAD + b"\n" * LARGE,
        b"--b\n" * (LARGE // 4),
        HEAD + b"--b" * (LARGE // 3),
        b"--b\n" + b"A: b\n" * (LARGE // 5),
        b"--b\nContent-Type: " + b"a" * LARGE,
        b"--b\nA: b\n" + b" c\n" * (LARGE // 3),
        b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(LARGE // 60)),
        b"--b\r" + b"\r" * LARGE,
        b"-" * LARGE,
        b"--b\n\nCode=a;action=b\n" * (LARGE // 20),
        HEAD + b'{"a":[' + b"1," * (LARGE // 2) + b"1]}",
        HEAD + b"[" * LARGE,
    ],
    ids=range(12),
)
def test_what_is_meant_to_hurt_costs_little(body: bytes) -> None:
    started = time.process_time()
    with suppress(BadInput):
        read_pieces(body, None, KIND)
    assert time.process_time() - started < 3, "a tenth of that where it was tried"


@given(
    st.lists(
        st.sampled_from(
            [b"--b", b"--b--", b"\r\n", b"\n", b"\r", b"A: b", b"Content-Length: 3", b"\xff\xd8\xff", b"{}"]
        )
    )
)
def test_any_parts_are_read_or_told(pieces: list[bytes]) -> None:
    with suppress(BadInput):
        read_pieces(b"".join(pieces), None, KIND)


@given(st.binary(max_size=200))
def test_bytes_of_a_part_are_those_that_were_sent(data: bytes) -> None:
    if b"--b" in data:
        return
    for end in (b"\r\n", b"\n"):
        body = end.join(
            [b"--b", b"Content-Type: image/jpeg", b"Content-Length: %d" % len(data), b"", data, b"--b--", b""]
        )
        (part,) = parts_of(body, KIND)
        assert (part.kind, part.data) == ("image/jpeg", data)


def test_more_parts_or_events_than_anybody_sends_are_refused() -> None:
    with pytest.raises(BadInput, match="more than 32 parts"):
        parts_of(b"--b\n\nx\n" * (MOST_PARTS + 1) + b"--b--", KIND)
    with pytest.raises(BadInput, match="more than 100 events"):
        events_of(b"Code=a;action=b\n" * (MOST_EVENTS + 1))


def test_fields_of_a_form_are_one_tree() -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = head % (b"code", b"1130") + head % (b"zone", "东门".encode("gbk")) + b"--b--\r\n"
    (piece,) = read_pieces(body, None, KIND).found
    assert piece.tree == {"code": "1130", "zone": "东门"}


def test_a_picture_in_base64_and_before_its_event() -> None:
    picture = b"--b\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n/9j/4AAQ\n"
    (piece,) = read_pieces(picture + b"--b\nContent-Type: application/json\n\n{}\n--b--", None, KIND).found
    assert piece.picture == JPEG + b"\xe0\x00\x10"


@pytest.mark.parametrize(
    "body", [b"--b\r\n\r\n\r\n--b--", b"--b--", b"--b\nContent-Type: image/jpeg\n\n\xff\xd8\xff\n--b--"]
)
def test_without_an_event_there_is_nothing_to_tell(body: bytes) -> None:
    with pytest.raises(BadInput, match="no event"):
        read_pieces(body, None, KIND)
