from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.links.mqtt.codec import MqttDecoder, encode
from gateway.links.mqtt.packets import (
    Connack,
    Connect,
    ConnectCode,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)
from gateway.links.mqtt.topics import is_filter, is_topic
from gateway.links.mqtt.wire import MAX_SAMPLE_BYTES, MalformedPacket, UnacceptableLevel, remaining_length

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
topics = texts.filter(is_topic)
filters = st.one_of(topics, st.sampled_from(["#", "+", "a/+/b", "a/#", "+/+/#", "/", "$SYS/#"]))
ids = st.integers(1, 65535)
blobs = st.binary(max_size=300)
wills = st.none() | st.builds(Will, topics, blobs, st.integers(0, 2), st.booleans())
connects = st.builds(Connect, texts, st.booleans(), st.integers(0, 65535), texts, st.none() | blobs, wills)
publishes = st.one_of(
    st.builds(Publish, topics, blobs, retain=st.booleans()),
    st.builds(Publish, topics, blobs, st.integers(1, 2), ids, st.booleans(), st.booleans()),
)
packets: st.SearchStrategy[Packet] = st.one_of(
    connects,
    st.builds(Connect, texts, will=wills),
    st.builds(Connack, st.sampled_from(ConnectCode)),
    st.just(Connack(ConnectCode.ACCEPTED, session_present=True)),
    publishes,
    st.builds(Puback, ids),
    st.builds(Subscribe, ids, st.lists(st.tuples(filters, st.integers(0, 2)), min_size=1, max_size=5).map(tuple)),
    st.builds(Suback, ids, st.lists(st.sampled_from([0, 1, 2, 0x80]), min_size=1, max_size=5).map(tuple)),
    st.builds(Unsubscribe, ids, st.lists(filters, min_size=1, max_size=5).map(tuple)),
    st.builds(Unsuback, ids),
    st.sampled_from([Pingreq(), Pingresp(), Disconnect()]),
)


def decode(data: bytes, limit: int = 256 * 1024) -> list[Packet]:
    decoder = MqttDecoder(limit)
    decoder.feed(data)
    return list(iter(decoder.take, None))


@given(st.lists(packets, max_size=6))
def test_what_is_encoded_is_decoded(sent: list[Packet]) -> None:
    assert decode(b"".join(map(encode, sent))) == sent


@given(st.lists(packets, min_size=1, max_size=4), st.data())
def test_cuts_anywhere_make_no_difference(sent: list[Packet], data: st.DataObject) -> None:
    stream = b"".join(map(encode, sent))
    decoder, at = MqttDecoder(), 0
    got: list[Packet] = []
    while at < len(stream):
        size = data.draw(st.integers(1, 7))
        decoder.feed(stream[at : at + size])
        at += size
        got += iter(decoder.take, None)
    assert got == sent
    assert decoder.buffered == 0


def test_one_byte_at_a_time() -> None:
    sent: list[Packet] = [
        Connect("c", user="u", password=b"p", will=Will("a", b"b")),
        Publish("a/b", b"x" * 200, 1, 7),
        Pingreq(),
    ]
    decoder = MqttDecoder()
    got: list[Packet] = []
    for byte in b"".join(map(encode, sent)):
        decoder.feed(bytes([byte]))
        got += iter(decoder.take, None)
    assert got == sent


@settings(max_examples=500)
@given(st.binary(max_size=400))
@example(b"\x10\xff\xff\xff\xff\x01")
@example(b"\x30\x02\x00\x05")
def test_garbage_gives_packets_or_malformed(garbage: bytes) -> None:
    why = None
    try:
        decode(garbage, limit=300)
    except MalformedPacket as error:
        why = error
    assert why is None or (why.why and len(why.data) <= MAX_SAMPLE_BYTES)


@settings(max_examples=500)
@given(packets, st.data())
def test_mutated_packets_give_packets_or_malformed(packet: Packet, data: st.DataObject) -> None:
    stream = bytearray(encode(packet))
    for _ in range(data.draw(st.integers(1, 4))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    decoder = MqttDecoder(1000)
    try:
        for byte in bytes(stream):
            decoder.feed(bytes([byte]))
            while (got := decoder.take()) is not None:
                assert decode(encode(got)) == [got]
            assert decoder.buffered <= 1000
    except MalformedPacket:
        pass


MALFORMED = {
    "reserved type 0": b"\x00\x00",
    "reserved type 15": b"\xf0\x00",
    "PUBREC": b"\x50\x02\x00\x01",
    "PUBREL": b"\x62\x02\x00\x01",
    "PUBCOMP": b"\x70\x02\x00\x01",
    "flags of SUBSCRIBE": b"\x80\x06\x00\x01\x00\x01a\x00",
    "flags of UNSUBSCRIBE": b"\xa0\x05\x00\x01\x00\x01a",
    "flags of PINGREQ": b"\xc1\x00",
    "body of PINGREQ": b"\xc0\x01\x00",
    "body of DISCONNECT": b"\xe0\x01\x00",
    "five bytes of length": b"\x30\x80\x80\x80\x80\x01",
    "QoS 3": b"\x36\x05\x00\x01a\x00\x01",
    "DUP with QoS 0": b"\x38\x03\x00\x01a",
    "packet id 0": b"\x32\x05\x00\x01a\x00\x00",
    "PUBLISH without its id": b"\x32\x03\x00\x01a",
    "empty topic": b"\x30\x02\x00\x00",
    "topic with +": b"\x30\x03\x00\x01+",
    "topic with #": b"\x30\x05\x00\x03a/#",
    "topic with NUL": b"\x30\x03\x00\x01\x00",
    "topic not UTF-8": b"\x30\x03\x00\x01\xff",
    "topic with a surrogate": b"\x30\x05\x00\x03\xed\xa0\x80",
    "SUBSCRIBE of nothing": b"\x82\x02\x00\x01",
    "SUBSCRIBE with QoS 3": b"\x82\x06\x00\x01\x00\x01a\x03",
    "SUBSCRIBE with reserved bits": b"\x82\x06\x00\x01\x00\x01a\x41",
    "filter a#": b"\x82\x07\x00\x01\x00\x02a#\x00",
    "filter #/a": b"\x82\x08\x00\x01\x00\x03#/a\x00",
    "filter a+": b"\x82\x07\x00\x01\x00\x02a+\x00",
    "UNSUBSCRIBE of nothing": b"\xa2\x02\x00\x01",
    "PUBACK too long": b"\x40\x03\x00\x01\x00",
    "PUBACK id 0": b"\x40\x02\x00\x00",
    "SUBACK code": b"\x90\x03\x00\x01\x03",
    "CONNACK code": b"\x20\x02\x00\x06",
    "CONNACK flags": b"\x20\x02\x02\x00",
    "protocol name": b"\x10\x0c\x00\x04MQTX\x04\x02\x00\x00\x00\x00",
    "CONNECT's reserved flag": b"\x10\x0c\x00\x04MQTT\x04\x03\x00\x00\x00\x00",
    "will QoS without will": b"\x10\x0c\x00\x04MQTT\x04\x0a\x00\x00\x00\x00",
    "will retain without will": b"\x10\x0c\x00\x04MQTT\x04\x22\x00\x00\x00\x00",
    "will QoS 3": b"\x10\x10\x00\x04MQTT\x04\x1e\x00\x00\x00\x00\x00\x01a\x00",
    "will topic with a wildcard": b"\x10\x11\x00\x04MQTT\x04\x06\x00\x00\x00\x00\x00\x01#\x00\x00",
    "password without user": b"\x10\x0e\x00\x04MQTT\x04\x42\x00\x00\x00\x00\x00\x00",
    "bytes after CONNECT": b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x00\x00",
    "CONNECT cut short": b"\x10\x0a\x00\x04MQTT\x04\x02\x00\x00",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_the_specification_is_kept(name: str) -> None:
    with pytest.raises(MalformedPacket):
        decode(MALFORMED[name])


@pytest.mark.parametrize("head", [b"\x00\x04MQTT\x06", b"\x00\x06MQIsdp\x03", b"\x00\x04MQTT\x83"])
def test_other_versions_are_told_apart(head: bytes) -> None:
    with pytest.raises(UnacceptableLevel):
        decode(b"\x10" + bytes([len(head) + 5]) + head + b"\x02\x00\x00\x00\x00")


def test_a_packet_over_the_limit_is_refused_by_its_header() -> None:
    assert decode(b"\x30" + remaining_length(997) + b"\x00\x01a" + b"x" * 994, limit=1000)
    with pytest.raises(MalformedPacket, match="more than 1000"):
        decode(b"\x30" + remaining_length(998), limit=1000)


def test_garbage_is_refused_by_its_first_byte() -> None:
    with pytest.raises(MalformedPacket):
        decode(b"\xff")


def test_what_no_packet_holds_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="65535"):
        encode(Publish("a" * 70000, b""))


@pytest.mark.parametrize("good", ["a", "/", "a//b", "+", "#", "a/+/b", "a/#", "+/#", "$SYS/+"])
def test_filters(good: str) -> None:
    assert is_filter(good)
