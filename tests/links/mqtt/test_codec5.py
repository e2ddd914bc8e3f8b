"""MQTT 5's packets, without I/O."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.links.mqtt import properties
from gateway.links.mqtt.codec import MqttDecoder, encode
from gateway.links.mqtt.packets import (
    LEVEL_5,
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
from gateway.links.mqtt.properties import Property
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.topics import is_topic
from gateway.links.mqtt.wire import MAX_SAMPLE_BYTES, MalformedPacket, remaining_length

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
topics = texts.filter(is_topic)
ids = st.integers(1, 65535)
blobs = st.binary(max_size=200)
pairs = st.lists(st.tuples(texts, texts), min_size=1, max_size=3).map(tuple)
P = Property


def some(**of: st.SearchStrategy) -> st.SearchStrategy:
    return st.fixed_dictionaries({}, optional={Property[name]: values for name, values in of.items()})


longs, numbers, flags = st.integers(1, 2**32 - 1), st.integers(1, 65535), st.integers(0, 1)
wills = st.none() | st.builds(
    Will, topics, blobs, st.integers(0, 2), st.booleans(), some(WILL_DELAY=longs, CONTENT_TYPE=texts, USER=pairs)
)
connects = st.builds(
    Connect,
    texts,
    st.booleans(),
    st.integers(0, 65535),
    st.none() | texts,
    st.none() | blobs,
    wills,
    st.just(LEVEL_5),
    some(SESSION_EXPIRY=longs, RECEIVE_MAXIMUM=numbers, MAXIMUM_PACKET=longs, REQUEST_PROBLEM=flags, USER=pairs),
)
said = some(MESSAGE_EXPIRY=longs, PAYLOAD_FORMAT=flags, RESPONSE_TOPIC=texts, CORRELATION=blobs, USER=pairs)
why = some(REASON=texts, USER=pairs)
ab = st.frozensets(st.sampled_from(["a", "b"]))
packets: st.SearchStrategy[Packet] = st.one_of(
    connects,
    st.builds(
        Connack,
        st.just(ConnectCode.ACCEPTED),
        st.booleans(),
        st.just(Reason.SUCCESS),
        some(MAXIMUM_QOS=flags, ASSIGNED_CLIENT=texts, RECEIVE_MAXIMUM=numbers),
    ),
    st.builds(Publish, topics, blobs, retain=st.booleans(), properties=said),
    st.builds(Publish, topics, blobs, st.integers(1, 2), ids, st.booleans(), st.booleans(), said),
    st.builds(Puback, ids, st.sampled_from([0, 0x10, 0x87, 0x99]), why),
    st.builds(Subscribe, ids, st.lists(st.tuples(topics, st.integers(0, 2)), min_size=1, max_size=5).map(tuple)),
    st.builds(Subscribe, ids, st.just((("a", 1), ("b", 0))), ab, st.just(frozenset()), ab),
    st.builds(Subscribe, ids, st.just((("a", 1), ("b", 0))), st.just(frozenset()), ab, ab),
    st.builds(Suback, ids, st.lists(st.sampled_from([0, 1, 0x87]), min_size=1).map(tuple), why),
    st.builds(Unsubscribe, ids, st.lists(topics, min_size=1, max_size=5).map(tuple), some(USER=pairs)),
    st.builds(Unsuback, ids, st.lists(st.sampled_from([0, 0x11]), min_size=1).map(tuple), why),
    st.builds(Disconnect, st.sampled_from([0, 4, 0x81]), some(REASON=texts, SESSION_EXPIRY=longs)),
    st.sampled_from([Pingreq(), Pingresp()]),
)


def decode(data: bytes, limit: int = 256 * 1024) -> list[Packet]:
    decoder = MqttDecoder(limit, LEVEL_5)
    decoder.feed(data)
    return list(iter(decoder.take, None))


def in_5(packet: Packet) -> bytes:
    return encode(packet, LEVEL_5)


@given(st.lists(packets, max_size=6))
def test_what_is_encoded_is_decoded(sent: list[Packet]) -> None:
    assert decode(b"".join(map(in_5, sent))) == sent


@given(st.lists(packets, min_size=1, max_size=4), st.data())
def test_cuts_anywhere_make_no_difference(sent: list[Packet], data: st.DataObject) -> None:
    stream = b"".join(map(in_5, sent))
    decoder, at = MqttDecoder(level=LEVEL_5), 0
    got: list[Packet] = []
    while at < len(stream):
        size = data.draw(st.integers(1, 9))
        decoder.feed(stream[at : at + size])
        at += size
        got += iter(decoder.take, None)
    assert got == sent


def test_the_version_is_the_connects() -> None:
    decoder = MqttDecoder()
    decoder.feed(in_5(Connect("c", level=LEVEL_5)) + in_5(Publish("a", b"x", properties={P.CONTENT_TYPE: "t"})))
    assert [type(packet) for packet in iter(decoder.take, None)] == [Connect, Publish]
    assert decoder.level == LEVEL_5


@settings(max_examples=500)
@given(st.binary(max_size=400))
@example(b"\x10\x14\x00\x04MQTT\x05\x02\x00\x3c\x05\x11\x00\x00\x00\x0a\x00\x02ab")
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
    stream = bytearray(in_5(packet))
    for _ in range(data.draw(st.integers(1, 4))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    decoder = MqttDecoder(2000, LEVEL_5)
    try:
        for byte in bytes(stream):
            decoder.feed(bytes([byte]))
            while decoder.take() is not None:
                pass
            assert decoder.buffered <= 2000
    except MalformedPacket:
        pass


def publish(properties_: bytes, topic: bytes = b"a") -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + remaining_length(len(properties_)) + properties_
    return b"\x30" + remaining_length(len(body)) + body


MALFORMED = {
    "a property that is none": (publish(b"\x7f\x00"), Reason.MALFORMED),
    "a property of another packet": (publish(b"\x11\x00\x00\x00\x01"), Reason.MALFORMED),
    "a property twice": (publish(b"\x01\x00\x01\x00"), Reason.PROTOCOL_ERROR),
    "neither 0 nor 1": (publish(b"\x01\x02"), Reason.PROTOCOL_ERROR),
    "properties longer than the packet": (b"\x30\x04\x00\x01a\x09", Reason.MALFORMED),
    "a topic alias": (publish(b"\x23\x00\x01", b""), Reason.TOPIC_ALIAS_INVALID),
    "no topic at all": (publish(b"", b""), Reason.MALFORMED),
    "receive maximum 0": (b"\x10\x11\x00\x04MQTT\x05\x02\x00\x3c\x03\x21\x00\x00\x00\x01c", Reason.PROTOCOL_ERROR),
    "a subscription identifier": (
        b"\x82\x08\x00\x01\x02\x0b\x05\x00\x01a"[:10] + b"\x00",
        Reason.SUBSCRIPTION_IDS_NOT_SUPPORTED,
    ),
    "reserved subscription options": (b"\x82\x07\x00\x01\x00\x00\x01a\xc0", Reason.MALFORMED),
    "retain handling 3": (b"\x82\x07\x00\x01\x00\x00\x01a\x30", Reason.MALFORMED),
    "SUBSCRIBE of nothing": (b"\x82\x03\x00\x01\x00", Reason.PROTOCOL_ERROR),
    "AUTH": (b"\xf0\x00", Reason.PROTOCOL_ERROR),
    "QoS 2's packets": (b"\x50\x02\x00\x01", Reason.QOS_NOT_SUPPORTED),
    "five bytes of a variable integer": (b"\x30\x09\x00\x01a\xff\xff\xff\xff\x01x", Reason.MALFORMED),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_the_specification_is_kept(name: str) -> None:
    data, reason = MALFORMED[name]
    with pytest.raises(MalformedPacket) as told:
        decode(data)
    assert told.value.reason == reason


def test_thousands_of_user_properties_hold_nobody_up() -> None:
    began = time.process_time()
    (packet,) = decode(publish(b"\x26\x00\x00\x00\x00" * 50_000))
    assert isinstance(packet, Publish)
    assert len(packet.properties[P.USER]) == 50_000
    assert time.process_time() - began < 2


def test_every_property_has_a_shape() -> None:
    assert set(properties._SHAPES) == set(Property)
