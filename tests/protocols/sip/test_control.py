"""The engine's control connection: every cutting, garbage anywhere, ten million bytes; what is sent is one command."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocols.sip.control import (
    MAX_COMMAND_BYTES,
    MAX_MESSAGE_BYTES,
    CommandResponse,
    ControlDecoder,
    ControlMessage,
    EngineEvent,
    InvalidMessage,
    encode,
)

words = st.text(max_size=20)
events = st.builds(EngineEvent, st.text(min_size=1, max_size=20), words, words, words, words, st.booleans())
answers = st.builds(CommandResponse, words, st.booleans(), words)


def wire(item: ControlMessage) -> bytes:
    """As baresip writes it (src/event.c, modules/ctrl_tcp), by other means than ours."""
    if isinstance(item, EngineEvent):
        message: dict[str, object] = {"event": True, "type": item.type, "class": "call", "accountaor": item.account}
        message |= {"direction": "outgoing" if item.outgoing else "incoming", "peeruri": item.peer}
        message |= {"id": item.call, "param": item.detail}
    else:
        assert isinstance(item, CommandResponse)
        message = {"response": True, "ok": item.ok, "data": item.text, "token": item.token}
    body = json.dumps(message, ensure_ascii=False).encode(errors="replace")
    return str(len(body)).encode() + b":" + body + b","


def test_an_event_as_baresip_sent_it() -> None:
    said = (
        b'203:{"event":true,"type":"CALL_INCOMING","class":"call","accountaor":"sip:guard@127.0.0.1",'
        b'"direction":"incoming","peeruri":"sip:door1@127.0.0.1","id":"bfd0654f33d1eb2c","param":"sip:door1@127.0.0.1"},'
    )
    length = len(said) - len(b"203:") - 1
    said = str(length).encode() + said[3:]
    assert ControlDecoder().feed(said) == [
        EngineEvent(
            "CALL_INCOMING", "sip:guard@127.0.0.1", "bfd0654f33d1eb2c", "sip:door1@127.0.0.1", "sip:door1@127.0.0.1"
        )
    ]


@given(st.lists(events | answers, max_size=5), st.data())
def test_messages_survive_any_cutting(sent: list[ControlMessage], data: st.DataObject) -> None:
    decoder, found = ControlDecoder(), []
    bytes_left = b"".join(map(wire, sent))
    while bytes_left:
        count = data.draw(st.integers(1, len(bytes_left)))
        found += decoder.feed(bytes_left[:count])
        bytes_left = bytes_left[count:]
    assert found == sent


@given(st.binary(max_size=60).filter(lambda data: data[-7:].strip(b"0123456789") != b""), answers)
def test_it_finds_its_way_back_after_garbage(garbage: bytes, after: CommandResponse) -> None:
    """Garbage that reads as the head of a long message swallows what follows it, and no more than that."""
    decoder = ControlDecoder()
    found = decoder.feed(garbage)
    for _ in range(MAX_MESSAGE_BYTES // len(wire(after)) + 3):
        found = decoder.feed(wire(after))
        if after in found:
            break
    assert after in found


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "no JSON"),
        (b"[1]", "no JSON object"),
        (b'{"event":true}', "neither an event nor a response"),
        (b'{"response":true,"ok":1}', "neither an event nor a response"),
        (b"[" * 5000, "no JSON"),
    ],
)
def test_what_is_no_message_is_told_whole(body: bytes, why: str) -> None:
    [item] = ControlDecoder().feed(b"%d:%s," % (len(body), body))
    assert isinstance(item, InvalidMessage)
    assert (str(item.why), item.data) == (why, body)


def test_ten_million_bytes_of_anything_end_in_little_memory() -> None:
    chance = random.Random(4)
    decoder, total = ControlDecoder(), 0
    pieces = [wire(EngineEvent("CALL_CLOSED", call="x")), b"12:", b'9:{"a":1},', b"999999:{", bytes(range(256)), b"0:,"]
    while total < 10_000_000:
        piece = chance.choice(pieces) if chance.random() < 0.5 else chance.randbytes(chance.randrange(1, 4000))
        decoder.feed(piece)
        total += len(piece)
        assert len(decoder._buffer) <= MAX_MESSAGE_BYTES + 4096


@given(st.text(max_size=40), st.text(max_size=1200), st.text("0123456789", min_size=1, max_size=6))
def test_a_command_goes_out_whole_or_not_at_all(command: str, params: str, token: str) -> None:
    try:
        said = encode(command, params, token)
    except ValueError:
        too_long = len(f"{command} {params}".encode(errors="replace")) > MAX_COMMAND_BYTES
        assert too_long or any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in command + params)
        return
    length, _, body = said.partition(b":")
    assert int(length) == len(body) - 1
    sent = json.loads(body[:-1])
    assert (sent["command"], sent.get("params", ""), sent["token"]) == (command, params, token)
