"""What devices say in MQTT: our format, other people's, and what an installer searches a broker for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from drivers.mqtt_device import _ack, _source_id
from gateway.cli.discover.mqtt import identify
from gateway.errors import BadInput
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.negotiation import reason_string
from gateway.links.mqtt.properties import Property
from gateway.model import Signal
from gateway.protocols.access_list import read_state
from gateway.protocols.anju_json import read_report, read_result
from gateway.protocols.mapping.formats import FORMATS
from gateway.protocols.mapping.mapped_commands import MappedCommand
from gateway.protocols.mapping.paths import read_message
from gateway.protocols.mapping.states import MappedEvent, MappedState, StateTracker, details
from tests.fuzz.subject import Feed, Subject, recordable


def _said(payload: bytes, topic: str = "anju/v1/b3/signal") -> MqttMessage:
    return MqttMessage(topic, payload, packet_id=7, client="b3")


def _our_format() -> Feed:
    def feed(payload: bytes) -> None:
        try:
            said = read_report(payload)
        except BadInput as error:
            reason_string(str(error))[Property.REASON].encode()
            with suppress(BadInput):
                read_state(payload)
            read_result(payload)
            return
        source = _source_id(said, _said(payload))
        recordable(Signal(device="b3", kind=said.kind, at=said.at, source_id=source, data=said.data))
        _ack(said.id)

    return feed


_STATES = tuple(
    MappedState.model_validate(each)
    for each in (
        {"of": "data[0].temp", "above": 57.5, "on": "fire.alarm", "off": "fire.restored"},
        {"of": "level", "below": 3, "on": "panel.battery_low", "off": "panel.battery_restored"},
        {"of": "@", "is": ["on", 1], "on": "gas.alarm", "off": "gas.restored"},
    )
)
_EVENTS = (MappedEvent.model_validate({"of": "button", "is": [1, 2, "a"], "kind": "panic.pressed"}),)
_MESSAGES = (
    b"[" * 40 + b"]" * 40,
    b'{"contact":false,"battery":93,"battery_low":false,"linkquality":120,"tamper":true,"action":"sos"}',
    b'{"POWER":"ON","Switch1":"OFF"}',
    b"Online",
    b"offline",
    b"on",
    b"ON",
    b" ",
    b'{"params":{"input:0":{"id":0,"state":true},"flood:0":{"alarm":true},"devicepower:0":{"battery":{"percent":12}}}}',
    b'{"data":[{"temp":61.2}],"button":2,"level":2.5}',
    b'{"state":"online"}',
    '"漏水"'.encode(),
)


def _other_formats() -> Feed:
    known = [StateTracker((*_STATES, *form.states)) for form in FORMATS.values()]
    paths = {"battery": "battery", "temperature": "data[0].temp", "word": "@", "all": "*"}
    confirm = MappedCommand.model_validate(
        {"topic": "t", "payload": "ON", "confirm": {"of": "POWER", "is": "ON"}}
    ).confirm

    def feed(payload: bytes) -> None:
        message = read_message(payload)
        more = details(message, paths)
        for one in known:
            for news in one.changes(message):
                recordable(Signal(device="x", kind=news.kind, data={**more, **news.data}))
                one.commit(news)
        for form in FORMATS.values():
            [way.offline.fits(message) or way.online.fits(message) for way in form.availability]
            [event.fits(message) for event in (*form.events, *_EVENTS)]
        confirm.fits(message)

    return feed


_TOPICS = (
    "zigbee2mqtt/bridge/devices",
    "shellyplus1-a8032abe54dc/online",
    "homeassistant/lock/door/state",
    "tele/siren/LWT",
    "anju/v1/b3/signal",
)


_DEVICES = (
    b'[{"type":"Coordinator"},{"friendly_name":"door","definition":{"vendor":"A","exposes":[{"property":"contact"}]}}]',
    b'[{"friendly_name":"lock","definition":{"model":"B","exposes":[{"type":"lock","features":[{"property":"state"}]}]}}]',
    b"online",
)


def _discovery() -> Feed:
    def feed(payload: bytes) -> None:
        identify(dict.fromkeys(_TOPICS, payload), "broker:1883")

    return feed


_JSON = (b"\\ud800", b"\\u0000", b'"kind"', b'"data"', b"true", b"null", b"NaN", b"Infinity", b"}", b"]", b",", b":")
_SIGNALS = (
    b'{"kind":"zone.alarm","id":"k1","at":"2026-11-22T08:00:00+08:00","data":{"zone":3}}',
    b'{"kind":"x.own.word","id":17,"data":{"deep":[{"a":[1,2.5,null,true]}]}}',
    b'{"kind":"door.opened","at":1}',
    b'{"id":"c1","ok":false,"error":"jammed","data":{"by":"hand"}}',
    b'{"holds":"3f2a","entries":812,"taken":{"version":"3f2b","part":2},"error":"full"}',
)


def subjects() -> Sequence[Subject]:
    return [
        Subject("mqtt-own-json", _our_format, lambda: _SIGNALS, (BadInput,), whole=True, words=_JSON),
        Subject("mqtt-mapped", _other_formats, lambda: _MESSAGES, (BadInput,), whole=True, words=_JSON),
        Subject("mqtt-discovery", _discovery, lambda: _DEVICES, whole=True, words=_JSON),
    ]
