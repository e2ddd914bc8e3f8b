"""Messages out of a connection, however it is cut and whatever else stands in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.protocols.syslog.stream import MAX_MESSAGE_BYTES, OverlongMessage, SyslogStreamDecoder

messages = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=60).map(
    lambda text: b"<34>1 " + text.encode() + b"."
)


def counted(message: bytes) -> bytes:
    return b"%d %s" % (len(message), message)


@given(st.lists(st.tuples(messages, st.booleans()), max_size=6), st.data())
def test_both_framings_survive_any_cutting(sent: list[tuple[bytes, bool]], data: st.DataObject) -> None:
    wire = b"".join(counted(message) if count else message + b"\n" for message, count in sent)
    stream, found = SyslogStreamDecoder(), []
    while wire:
        cut = data.draw(st.integers(1, len(wire)))
        found += stream.feed(wire[:cut])
        wire = wire[cut:]
    assert [*found, *stream.end()] == [message for message, _ in sent]


def test_a_counted_message_may_hold_newlines() -> None:
    assert SyslogStreamDecoder().feed(counted(b"<34>one\ntwo")) == [b"<34>one\ntwo"]


def test_a_line_that_begins_with_a_number_is_a_line() -> None:
    assert SyslogStreamDecoder().feed(b"2026 was a year\n") == [b"2026 was a year"]
    assert SyslogStreamDecoder().feed(b"00012 zone\n123456789 \n") == [b"00012 zone", b"123456789"]


def test_a_nul_ends_a_line_too() -> None:
    assert SyslogStreamDecoder().feed(b"<34>one\0<34>two\n\0<34>three\0") == [b"<34>one", b"<34>two", b"<34>three"]


def test_the_last_line_needs_no_end_and_half_a_counted_message_is_dropped() -> None:
    stream = SyslogStreamDecoder()
    assert stream.feed(b"<34>last") == []
    assert stream.end() == [b"<34>last"]
    stream = SyslogStreamDecoder()
    assert stream.feed(b"20 <34>half") == []
    assert stream.end() == []


def test_an_overlong_message_is_reported_once_and_the_next_is_found() -> None:
    stream = SyslogStreamDecoder()
    found = stream.feed(b"x" * 20_000 + b"\n<34>next\n" + counted(b"<34>" + b"y" * 20_000) + b"<34>after\n")
    assert [item if isinstance(item, bytes) else len(item.head) <= MAX_MESSAGE_BYTES for item in found] == [
        True,
        b"<34>next",
        True,
        b"<34>after",
    ]
    assert [type(item) for item in found] == [OverlongMessage, bytes, OverlongMessage, bytes]


@given(st.lists(st.binary(max_size=9000) | st.sampled_from([b"999999 <", b"8192 <", b"\n", b"7 <"]), max_size=12))
def test_any_input_is_handled_in_bounded_memory(chunks: list[bytes]) -> None:
    stream = SyslogStreamDecoder()
    for chunk in chunks:
        stream.feed(chunk)
        assert len(stream._buffer) <= 2 * MAX_MESSAGE_BYTES + 16
    stream.end()
