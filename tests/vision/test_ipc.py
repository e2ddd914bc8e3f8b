from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.vision.ipc import MAX_BLOB_BYTES, MAX_HEADER_BYTES, IpcMessage, IpcParser

headers = st.dictionaries(
    st.text(max_size=8), st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=20) | st.lists(st.booleans())
)
messages = st.lists(st.builds(IpcMessage, headers, st.binary(max_size=300)), max_size=5)


@given(messages, st.data())
def test_comes_out_as_it_went_in_however_it_was_cut(sent: list[IpcMessage], data: st.DataObject) -> None:
    stream = b"".join(message.encode() for message in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader, received = IpcParser(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += list(reader.feed(stream[start:end]))
    assert received == sent


@given(st.binary(min_size=1, max_size=200))
def test_garbage_is_refused_or_waited_for(garbage: bytes) -> None:
    with suppress(BadInput):
        assert all(isinstance(message.header, dict) for message in IpcParser().feed(garbage))


@pytest.mark.parametrize(
    "lengths",
    [(MAX_HEADER_BYTES + 1).to_bytes(4, "big") + bytes(4), bytes(4) + (MAX_BLOB_BYTES + 1).to_bytes(4, "big")],
)
def test_a_message_too_large_is_refused_before_it_is_kept(lengths: bytes) -> None:
    with pytest.raises(BadInput, match="announced"):
        list(IpcParser().feed(lengths))


@pytest.mark.parametrize("header", [b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_header_is_an_object(header: bytes) -> None:
    with pytest.raises(BadInput):
        list(IpcParser().feed(len(header).to_bytes(4, "big") + bytes(4) + header))


def test_does_not_send_what_would_be_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        IpcMessage({}, bytes(MAX_BLOB_BYTES + 1)).encode()
