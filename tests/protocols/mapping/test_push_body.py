"""Bodies of several parts, and of events as Dahua says them; tests/drivers/test_recorded.py has those of the field."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.protocols.mapping.dahua import MAX_EVENTS, events_of
from gateway.protocols.mapping.multipart import MAX_PARTS, parts_of
from gateway.protocols.mapping.push_body import JPEG, read_push_body

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
        read_push_body(body, None, KIND)
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
        read_push_body(b"".join(pieces), None, KIND)


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
        parts_of(b"--b\n\nx\n" * (MAX_PARTS + 1) + b"--b--", KIND)
    with pytest.raises(BadInput, match="more than 100 events"):
        events_of(b"Code=a;action=b\n" * (MAX_EVENTS + 1))


def test_fields_of_a_form_are_one_tree() -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = head % (b"code", b"1130") + head % (b"zone", "东门".encode("gbk")) + b"--b--\r\n"
    (piece,) = read_push_body(body, None, KIND).documents
    assert piece.tree == {"code": "1130", "zone": "东门"}


def test_a_picture_in_base64_and_before_its_event() -> None:
    picture = b"--b\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n/9j/4AAQ\n"
    (piece,) = read_push_body(picture + b"--b\nContent-Type: application/json\n\n{}\n--b--", None, KIND).documents
    assert piece.picture == JPEG + b"\xe0\x00\x10"


@pytest.mark.parametrize(
    "body", [b"--b\r\n\r\n\r\n--b--", b"--b--", b"--b\nContent-Type: image/jpeg\n\n\xff\xd8\xff\n--b--"]
)
def test_without_an_event_there_is_nothing_to_tell(body: bytes) -> None:
    with pytest.raises(BadInput, match="no event"):
        read_push_body(body, None, KIND)


XML = b'<?xml version="1.0"?>\n<E><type>line</type></E>'
PART = b"--boundary\r\nContent-Type: application/xml%s\r\n\r\n" + XML
PICTURE = b"\r\n--boundary\r\nContent-Type: image/pjpeg\r\n\r\n" + JPEG + bytes(9)


@pytest.mark.parametrize(
    "body",
    [
        PART % b"" + PICTURE + b"\r\n--boundary--",
        PART % b"" + PICTURE + b"--boundary--",
        PART % b"" + PICTURE.lstrip() + b"\r\n--boundary--",
        PART % b"; charset=utf-8\r\nContent-Length: 9" + PICTURE,
        PART % b"\r\nContent-Length: 900" + PICTURE,
        (PART % b"").replace(b"<?xml", b"\xef\xbb\xbf<?xml") + PICTURE,
        b"preamble\r\n" + PART % b"" + PICTURE,
    ],
)
@pytest.mark.parametrize("named", ["multipart/form-data; boundary=boundary", "multipart/mixed; boundary=boundary"])
def test_parts_as_firmware_writes_them(body: bytes, named: str) -> None:
    (piece,) = read_push_body(body, None, named).documents
    assert piece.tree == {"E": {"type": "line"}}
    assert piece.picture == JPEG + bytes(9)


def test_what_only_begins_as_a_delimiter_is_none() -> None:
    data = JPEG + b"\r\n--boundaryx" + bytes(9)
    body = PART % b"" + b"\r\n--boundary\r\n\r\n" + data + b"\r\n--boundary--"
    (piece,) = read_push_body(body, None, "multipart/mixed; boundary=boundary").documents
    assert piece.picture == data


@pytest.mark.parametrize("body", [XML, b"Code=VideoMotion;action=Start;index=0"])
@pytest.mark.parametrize("named", ["multipart/form-data", "multipart/x-mixed-replace; boundary=myboundary"])
def test_what_says_that_it_has_parts_and_has_none(body: bytes, named: str) -> None:
    assert len(read_push_body(body, None, named).documents) == 1


def test_documents_one_behind_the_other() -> None:
    pieces = read_push_body(XML + b"\r\n" + XML, None, "application/xml").documents
    assert [piece.tree for piece in pieces] == [{"E": {"type": "line"}}] * 2


MOTION = {"Code": "VideoMotion", "action": "Start", "index": "0"}


@pytest.mark.parametrize(
    "said",
    [
        "Code=VideoMotion;action=Start;index=0",
        "code=VideoMotion;Action=Start;Index=0",
        "Code = VideoMotion ; action = Start ; index = 0",
        "action=Start;Code=VideoMotion;index=0",
        "Code=VideoMotion;index=0;action=Start",
        "\ufeffCode=VideoMotion;action=Start;index=0",
        "Code=VideoMotion;action=Start;index=0;\r\n\0",
    ],
)
@pytest.mark.parametrize("named", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_dahuas_words_in_any_order_and_spelling(said: str, named: str) -> None:
    for times in (1, 2):
        pieces = read_push_body("\r\n".join([said, said.lstrip("\ufeff")][:times]).encode(), None, named).documents
        assert [MOTION.items() <= piece.tree.items() for piece in pieces] == [True] * times


@pytest.mark.parametrize("form", ["Code=1130&zone=1", "zone=1&Code=1130", "code=1130"])
def test_a_form_stays_a_form(form: str) -> None:
    (piece,) = read_push_body(form.encode(), None, "application/x-www-form-urlencoded").documents
    assert piece.tree.items() >= dict(pair.split("=") for pair in form.split("&")).items()
