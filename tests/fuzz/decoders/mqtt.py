"""MQTT 3.1.1 and 5 as the endpoint hears them; what devices say in it, our way and other people's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from drivers.mqtt_device import _read, _Result, _Signal, _source_id
from gateway.cli.discover.mqtt import identify
from gateway.errors import BadInput
from gateway.links.mapping.formats import FORMATS
from gateway.links.mapping.orders import Order
from gateway.links.mapping.paths import message_of
from gateway.links.mapping.readings import Event, Known, State, details
from gateway.links.mqtt.codec import LARGEST_PACKET, Decoder, encode
from gateway.links.mqtt.link import Message
from gateway.links.mqtt.packets import (
    LEVEL_3_1_1,
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
from gateway.links.mqtt.terms import explained, kept_for, refusal, wants_words
from gateway.links.mqtt.wire import Malformed, remaining_length
from gateway.model import Signal
from tests.fuzz.subject import Feed, Subject, recordable

_ALL = {Property.USER: (("k", "v"), ("k", "w")), Property.REASON: "because"}
_SAID: dict[type[Packet], dict[Property, object]] = {
    Connect: {Property.SESSION_EXPIRY: 60, Property.RECEIVE_MAXIMUM: 20, Property.MAXIMUM_PACKET: 9999},
    Publish: {Property.MESSAGE_EXPIRY: 5, Property.CONTENT_TYPE: "json", Property.CORRELATION: b"1"},
    Connack: {Property.ASSIGNED_CLIENT: "x", Property.SERVER_KEEP_ALIVE: 9, **_ALL},
    Subscribe: {Property.USER: (("k", "v"),)},
    Unsubscribe: {Property.USER: (("k", "v"),)},
    Puback: _ALL, Suback: _ALL, Unsuback: _ALL, Disconnect: {Property.SERVER_REFERENCE: "b", **_ALL},
}  # fmt: skip


def _packets(level: int) -> Sequence[Packet]:
    def with_properties(kind: type[Packet]) -> dict[str, object]:
        return {"properties": _SAID[kind]} if level == LEVEL_5 else {}

    will = Will("anju/v1/b/status", b"offline", 1, retain=True)
    return [
        Connect("bridge", user="b", password=b"secret", keep_alive=60, will=will, level=level, **with_properties(Connect)),
        Connect("", level=level),
        Publish("anju/v1/b3/signal", b'{"kind":"zone.alarm"}', **with_properties(Publish)),
        Publish("anju/v1/b3/signal", b'{"kind":"zone.alarm"}', 1, 7, dup=True, **with_properties(Publish)),
        Publish("a", bytes(300), 1, 8, retain=True),
        Subscribe(3, (("anju/v1/+/command", 1), ("#", 0)), **with_properties(Subscribe)),
        Unsubscribe(4, ("anju/#", "b"), **with_properties(Unsubscribe)),
        Puback(9, **with_properties(Puback)), Puback(10), Pingreq(), Pingresp(),
        Connack(ConnectCode.ACCEPTED, reason=Reason.SUCCESS, **with_properties(Connack)),
        Suback(3, (0, 1, 0x80), **with_properties(Suback)), Unsuback(4, (0, 17) if level == LEVEL_5 else ()),
        Disconnect(**with_properties(Disconnect)),
    ]  # fmt: skip


def _bodies(level: int) -> list[bytes]:
    """Packets without their length; with both versions' CONNECT, which decides the version."""
    said = [(packet, level) for packet in _packets(level)] + [(_packets(9 - level)[0], 9 - level)]
    encoded = [encode(packet, of) for packet, of in said]
    return [one[:1] + one[3 if one[1] & 128 else 2 :] for one in encoded]


def _framed(body: bytes) -> bytes:
    return body[:1] + remaining_length(len(body) - 1) + body[1:]


def _endpoint(level: int) -> Feed:
    decoder = Decoder(level=level)

    def feed(chunk: bytes) -> None:
        decoder.feed(chunk)
        while (packet := decoder.take()) is not None:
            assert decoder.held <= LARGEST_PACKET + len(chunk)
            if isinstance(packet, Connect):
                kept_for(packet), wants_words(packet), refusal(packet)
            repr(packet)

    return feed


def _said(payload: bytes, topic: str = "anju/v1/b3/signal") -> Message:
    return Message(topic, payload, packet_id=7, client="b3")


def _our_format() -> Feed:
    def feed(payload: bytes) -> None:
        try:
            said = _read(_Signal, _said(payload))
        except BadInput as error:
            explained(error.why)[Property.REASON].encode()
            _read(_Result, _said(payload))
            return
        source = _source_id(said, _said(payload))
        recordable(Signal(device="b3", kind=said.kind, at=said.at, source_id=source, data=said.data))

    return feed


_STATES = tuple(
    State.model_validate(each)
    for each in (
        {"of": "data[0].temp", "above": 57.5, "on": "fire.alarm", "off": "fire.restored"},
        {"of": "level", "below": 3, "on": "panel.battery_low", "off": "panel.battery_restored"},
        {"of": "@", "is": ["on", 1], "on": "gas.alarm", "off": "gas.restored"},
    )
)
_EVENTS = (Event.model_validate({"of": "button", "is": [1, 2, "a"], "kind": "panic.pressed"}),)
_MESSAGES = (
    b'{"contact":false,"battery":93,"battery_low":false,"linkquality":120,"tamper":true,"action":"sos"}',
    b'{"POWER":"ON","Switch1":"OFF"}', b"Online", b"offline", b"on", b"ON", b" ",
    b'{"src":"shellyplus1","params":{"ts":1.5,"input:0":{"id":0,"state":true},"flood:0":{"alarm":true},'
    b'"devicepower:0":{"battery":{"percent":12}}}}',
    b'{"data":[{"temp":61.2}],"button":2,"level":2.5}', b'{"state":"online"}', "\"漏水\"".encode(),
)  # fmt: skip


def _other_formats() -> Feed:
    known = [Known((*_STATES, *form.states)) for form in FORMATS.values()]
    paths = {"battery": "battery", "temperature": "data[0].temp", "word": "@", "all": "*"}
    confirm = Order.model_validate({"topic": "t", "payload": "ON", "confirm": {"of": "POWER", "is": "ON"}}).confirm

    def feed(payload: bytes) -> None:
        message = message_of(payload)
        more = details(message, paths)
        for one in known:
            for news in one.news(message):
                recordable(Signal(device="x", kind=news.kind, data={**more, **news.data}))
                one.keep(news)
        for form in FORMATS.values():
            [way.offline.fits(message) or way.online.fits(message) for way in form.availability]
            [event.fits(message) for event in (*form.events, *_EVENTS)]
        confirm.fits(message)

    return feed


_TOPICS = ("zigbee2mqtt/bridge/devices", "shellyplus1-a8032abe54dc/online", "homeassistant/lock/door/state",
           "tele/siren/LWT", "anju/v1/b3/signal")  # fmt: skip
_DEVICES = (
    b'[{"type":"Coordinator"},{"type":"EndDevice","friendly_name":"door","definition":{"vendor":"A","model":"B",'
    b'"description":"C","exposes":[{"property":"contact"},{"property":"battery"}]}}]',
    b"online",
)


def _discovery() -> Feed:
    def feed(payload: bytes) -> None:
        identify(dict.fromkeys(_TOPICS, payload), "broker:1883")

    return feed


_JSON = (b"\\ud800", b"\\u0000", b'"kind"', b'"data"', b"true", b"null", b"NaN", b"Infinity", b"}", b"]", b",", b":")
_SIGNALS = (
    b'{"kind":"zone.alarm","id":"k1","at":"2026-11-22T08:00:00+08:00","data":{"zone":3}}',
    b'{"kind":"x.own.word","id":17,"data":{"deep":[{"a":[1,2.5,null,true]}]}}', b'{"kind":"door.opened","at":1}',
    b'{"id":"c1","ok":false,"error":"jammed","data":{"by":"hand"}}',
)  # fmt: skip


@lru_cache
def subjects() -> Sequence[Subject]:
    words = (b"MQTT", b"MQIsdp", b"\x00\x04MQTT\x05", b"\xc0\x00", b"\x00\x00", b"\xff\xff\xff\x7f", b"\x26\x00\x01k\x00\x01v")
    return [
        *(
            Subject(
                name, lambda level=level: _endpoint(level), lambda level=level: _bodies(level), (Malformed,), _framed,
                words=words, holds=2 * LARGEST_PACKET,
            )
            for name, level in (("mqtt3", LEVEL_3_1_1), ("mqtt5", LEVEL_5))
        ),
        Subject("mqtt-own-json", _our_format, lambda: _SIGNALS, (BadInput,), whole=True, words=_JSON),
        Subject("mqtt-mapped", _other_formats, lambda: _MESSAGES, (BadInput,), whole=True, words=_JSON),
        Subject("mqtt-discovery", _discovery, lambda: _DEVICES, whole=True, words=_JSON),
    ]  # fmt: skip
