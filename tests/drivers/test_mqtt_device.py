"""Our own MQTT format, from the device's socket to what the driver says of it, through the real endpoint."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drivers.mqtt_device import REPORT_BURST, MqttDevice, MqttDeviceSettings
from gateway.errors import CommandFailed, NotRecorded
from gateway.links.mqtt.endpoint import MqttEndpoint
from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.packets import Puback, Publish, Suback
from gateway.model import Command, Device, DeviceType, Text, Words
from gateway.testing import RecordedReports
from tests.fuzz.subject import recordable
from tests.links.mqtt.support import RawClient, endpoint, until

LOCK = Device("lock", "mqtt_device", DeviceType.DOOR, "门锁", "b3/u1")
ACK, COMMAND, SIGNAL = "anju/v1/lock/ack", "anju/v1/lock/command", "anju/v1/lock/signal"


class Reports(RecordedReports):
    """With `takes_no_notes`, the disk takes signals and nothing for the quarantine."""

    def __init__(self) -> None:
        super().__init__()
        self.takes_no_notes = False
        self.reasons: list[Text] = []
        """Why bytes are in the quarantine, in both languages."""

    async def quarantine(self, why: Text, data: bytes) -> None:
        if self.takes_no_notes:
            raise NotRecorded("the disk is full")
        await super().quarantine(why, data)
        self.reasons.append(why)

    def refused(self, part: str | None, why: Text) -> None:
        assert part is None
        super().refused(part, why)


@dataclass
class Scene:
    door: MqttEndpoint
    driver: MqttDevice
    emitted: Reports
    client: RawClient
    packet_id: int = 0

    async def say(self, payload: object, word: str = "signal") -> None:
        """Publish and wait for the acknowledgement."""
        self.packet_id += 1
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.client.send(Publish(f"anju/v1/lock/{word}", data, 1, self.packet_id))
        assert await self.client.receive() == Puback(self.packet_id)

    async def heard(self) -> Any:
        packet = await self.client.receive()
        assert isinstance(packet, Publish)
        assert packet.packet_id is not None
        self.client.send(Puback(packet.packet_id))
        return json.loads(packet.payload)


@asynccontextmanager
async def scene(subscribe: Sequence[str] = ()) -> AsyncIterator[Scene]:
    async with endpoint() as door:
        emitted = Reports()
        settings = MqttDeviceSettings(account="bridge", actions={"unlock": ("seconds",)})
        driver = MqttDevice(LOCK, settings, door.link("lock", "bridge"), emitted)
        running = asyncio.create_task(driver.run())
        client = await RawClient.open(door.port)
        try:
            await client.sign_in()
            if subscribe:
                assert isinstance(await client.subscribe(*subscribe), Suback)
            yield Scene(door, driver, emitted, client)
        finally:
            await client.close()
            running.cancel()
            await asyncio.wait([running])


async def test_a_signal() -> None:
    async with scene() as it:
        await it.say(
            {"kind": "door.forced", "id": "a-1", "at": "2026-11-22T08:00:00+08:00", "data": {"by": "脚"}, "new": 1}
        )
        (signal,) = it.emitted.signals
        assert (signal.device, signal.kind, signal.source_id, signal.fresh) == ("lock", "door.forced", "a-1", False)
        assert signal.at == datetime(2026, 11, 22, tzinfo=UTC)
        assert signal.data == {"by": "脚"}


async def test_a_signal_without_an_id_is_known_by_its_packet() -> None:
    async with scene() as it:
        await it.say({"kind": "x.acme.knocked"})
        it.client.send(Publish(SIGNAL, b'{"kind": "door.opened"}', 1, 9, dup=True))
        it.client.send(Publish(SIGNAL, b'{"kind": "door.closed"}'))
        await until(lambda: len(it.emitted.signals) == 3)
        assert [(one.source_id, one.fresh) for one in it.emitted.signals] == [
            ("c1/1", True),
            ("c1/9", False),
            (None, True),
        ]


@pytest.mark.parametrize("given", ["a-1", 17])
async def test_an_id_is_acknowledged_once_committed(given: str | int) -> None:
    async with scene([ACK]) as it:
        it.client.send(Publish(SIGNAL, json.dumps({"kind": "door.opened", "id": given}).encode(), 1, 1))
        answers = [await it.client.receive(), await it.client.receive()]
        (said,) = [answer for answer in answers if isinstance(answer, Publish)]
        assert (said.topic, json.loads(said.payload)) == (ACK, {"id": given})
        assert Puback(1) in answers
        assert it.emitted.signals[0].source_id == str(given)


async def test_what_is_not_recorded_is_acknowledged_in_no_way() -> None:
    async with scene([ACK]) as it:
        it.emitted.disk_full = True
        it.client.send(Publish(SIGNAL, b'{"kind": "panic.pressed", "id": "1"}', 1, 1))
        assert await it.client.ends() == []


@pytest.mark.parametrize("at", ["yesterday", "2026-11-22T08:00:00", 10**30, None, [], "0001-01-01T00:00:00+14:00"])
async def test_a_clock_that_cannot_be_read_costs_no_alarm(at: object) -> None:
    async with scene() as it:
        await it.say({"kind": "fire.alarm", "at": at})
        assert [(one.kind, one.at) for one in it.emitted.signals] == [("fire.alarm", None)]


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"fire!", "names no kind"),
    "empty": (b"", "names no kind"),
    "a list": (b"[]", "names no kind"),
    "deep": (b"[" * 100_000, "names no kind"),
    "no kind": (b"{}", "names no kind"),
    "unknown kind": (b'{"kind": "fire.started"}', "fire.started"),
    "an unknown kind around a known one": (b'{"kind": "log", "data": {"kind": "fire.alarm"}}', "'log'"),
    "the gateway's kind": (b'{"kind": "storage.failed"}', "storage.failed"),
    "kind no string": (b'{"kind": 5}', "kind"),
    "cut within its kind": (b'{"kind": "fire.al', "names no kind"),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_names_no_kind_is_quarantined_with_its_why_then_acknowledged(name: str) -> None:
    payload, why = UNREADABLE[name]
    async with scene() as it:
        await it.say(payload)
        assert it.emitted.signals == []
        ((said, data),) = it.emitted.quarantined
        assert data == payload
        assert why in said
        assert said.startswith(SIGNAL)
        (told,) = it.emitted.refusals
        assert why in told[1], "the guard is told: it may have been an alarm"


def _alarm(more: str) -> bytes:
    return b'{"kind": "panic.pressed", %s}' % more.encode()


_DEEP = '{"a": ' * 5000 + "1" + "}" * 5000
UNFIT: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "an id with a space": (_alarm('"id": "a b"'), {}, "id can't be used: 'a b'"),
    "an id in Chinese": (_alarm('"id": "\u7d27\u6025-1"'), {}, "id can't be used"),
    "an id of half a surrogate": (_alarm('"id": "\\ud800"'), {}, "id can't be used"),
    "an id with a NUL": (_alarm('"id": "a\\u0000b"'), {}, "id can't be used"),
    "a long id": (_alarm(f'"id": "{"x" * 200}"'), {}, "id can't be used: 'xxx"),
    "an empty id": (_alarm('"id": ""'), {}, "id can't be used: ''"),
    "a negative id": (_alarm('"id": -1'), {}, "id can't be used: -1"),
    "an id beyond 64 bits": (_alarm(f'"id": {2**63}'), {}, "id can't be used"),
    "a fraction for an id": (_alarm('"id": 1.5'), {}, "id can't be used: 1.5"),
    "an id true": (_alarm('"id": true'), {}, "id can't be used: True"),
    "an id that is a list": (_alarm('"id": [1]'), {}, "id can't be used: list"),
    "a deep id": (_alarm(f'"id": {_DEEP}'), {}, ""),
    "data null": (_alarm('"data": null'), {}, "data can't be used: None"),
    "data a list": (_alarm('"data": [1]'), {}, "data can't be used: list"),
    "data a word": (_alarm('"data": "zone 3"'), {}, "data can't be used: 'zone 3'"),
    "a picture's name": (_alarm('"data": {"zone": 3, "snapshot": "../x"}'), {"zone": 3}, "can't be used: snapshot"),
    "data with NaN": (_alarm('"data": {"zone": 3, "level": NaN}'), {"zone": 3}, "values that can't be used: level"),
    "data with Infinity": (_alarm('"data": {"zone": 3, "a": {"b": -Infinity}}'), {"zone": 3, "a": {}}, "used: a.b"),
    "data with 1e400": (_alarm('"data": {"zone": 3, "a": [1e400, 1]}'), {"zone": 3, "a": [None, 1]}, "used: a[0]"),
    "a huge number": (_alarm(f'"data": {{"zone": 3, "a": {"9" * 10_000}}}'), {"zone": 3}, "used: a"),
    "a large number": (_alarm(f'"data": {{"a": {2**63}}}'), {"a": str(2**63)}, ""),
    "half a surrogate": (_alarm('"data": {"a": "\\ud800", "\\udc00": 1}'), {"a": "?", "?": 1}, ""),
    "too much data": (_alarm(f'"data": {{"pic": "{"x" * 17_000}", "zone": 3}}'), {"zone": 3}, "without pic"),
    "deep data": (_alarm(f'"data": {{"zone": 3, "a": {_DEEP}}}'), {}, ""),
    "a BOM": (b"\xef\xbb\xbf" + _alarm('"data": {"zone": 3}'), {"zone": 3}, ""),
    "UTF-16": (b"\xff\xfe" + _alarm('"data": {"zone": 3}').decode().encode("utf-16-le"), {"zone": 3}, ""),
    "GBK": (_alarm('"data": {"a": "客厅"}').decode().encode("gbk"), {"a": "客厅"}, ""),
    "no charset at all": (_alarm('"data": {"a": "\xff"}').replace("\xff".encode(), b"\xff\xff\xff"), {"a": "���"}, ""),
    "a NUL behind it": (_alarm('"data": {"zone": 3}') + b"\0", {"zone": 3}, ""),
    "a line break in a text": (_alarm('"data": {"a": "b\nc"}'), {"a": "b\nc"}, ""),
    "an unreadable time": (_alarm('"at": "yesterday"'), {}, "at can't be used: 'yesterday'"),
    "a time without an offset": (_alarm('"at": "2026-11-22T08:00:00"'), {}, "at can't be used"),
    "a time that is NaN": (_alarm('"at": NaN'), {}, "at can't be used"),
    "a time that is a list": (_alarm('"at": []'), {}, "at can't be used: list"),
    "a time before all times": (_alarm('"at": "0001-01-01T00:00:00+14:00"'), {}, "at can't be used"),
    "keys of a newer device": (_alarm('"rssi": -70, "seq": 4'), {}, "keys that are not used: rssi, seq"),
    "a kind in capitals": (b'{"kind": " Panic.Pressed "}', {}, ""),
    "a key in capitals": (b'{"Kind": "panic.pressed"}', {}, "only kind was used"),
    "a list of one": (b'[{"kind": "panic.pressed"}]', {}, "only kind was used"),
    "within another object": (b'{"payload": {"kind": "panic.pressed"}}', {}, "only kind was used"),
    "cut short": (b'{"kind": "panic.pressed", "id": "7", "data": {"text": "bedr', {}, "only kind was used"),
    "a Chinese keyboard's marks": ("{“kind”：“panic.pressed”}".encode(), {}, "only kind was used"),
    "a list of one kind": (b'{"kind": ["panic.pressed"]}', {}, "only kind was used"),
    "single quotes": (b"{'kind': 'panic.pressed'}", {}, "only kind was used"),
    "a comma too many": (b'{"kind": "panic.pressed",}', {}, "only kind was used"),
    "a bare word": (b"panic.pressed\r\n", {}, "only kind was used"),
    "a word in quotes": (b'"panic.pressed"', {}, "only kind was used"),
}


@pytest.mark.parametrize("name", UNFIT)
async def test_an_alarm_rings_and_what_is_unfit_is_left_out_and_noted(name: str) -> None:
    payload, data, why = UNFIT[name]
    async with scene() as it:
        await it.say(payload)
        (signal,) = it.emitted.signals
        assert signal.kind == "panic.pressed"
        assert signal.source_id == "c1/1"
        assert signal.fresh
        recordable(signal)
        if name != "deep data":  # how deep Python reads differs between its versions
            assert signal.data == data
        assert [quarantined for _, quarantined in it.emitted.quarantined] == [payload] * bool(why) or "deep" in name
        assert why in "".join(said for said, _ in it.emitted.quarantined)
        assert it.emitted.refusals == []


@pytest.mark.parametrize("given", ["a b", "", "x" * 200, -1, 1.5, True, "\ud800"])
async def test_an_unfit_id_is_acknowledged_as_it_was_written(given: object) -> None:
    """Its device sends again until it sees just that."""
    async with scene([ACK]) as it:
        it.client.send(Publish(SIGNAL, json.dumps({"kind": "panic.pressed", "id": given}).encode(), 1, 1))
        answers = [await it.client.receive(), await it.client.receive()]
        (said,) = [answer for answer in answers if isinstance(answer, Publish)]
        assert json.loads(said.payload) == {"id": given}


async def test_what_is_left_out_is_noted_within_an_allowance_and_every_alarm_rings() -> None:
    async with scene() as it:
        for _ in range(REPORT_BURST + 20):
            await it.say({"kind": "panic.pressed", "id": -1})
        assert len(it.emitted.signals) == REPORT_BURST + 20
        assert len(it.emitted.quarantined) == REPORT_BURST


async def test_a_key_that_means_nothing_is_told_once() -> None:
    async with scene() as it:
        for _ in range(3):
            await it.say({"kind": "door.opened", "rssi": -70})
        await it.say({"kind": "door.opened", "rssi": -70, "seq": 1})
        assert len(it.emitted.signals) == 4
        assert ["seq" in why for why, _ in it.emitted.quarantined] == [False, True]


async def test_a_note_that_the_disk_does_not_take_costs_no_acknowledgement() -> None:
    async with scene() as it:
        it.emitted.takes_no_notes = True
        await it.say({"kind": "panic.pressed", "id": -1})
        assert [one.kind for one in it.emitted.signals] == ["panic.pressed"]


@pytest.mark.parametrize(
    ("payload", "zh"),
    [
        (b"hello", "payload：JSON 有错误，也没有写出信号种类 kind"),
        (b"{}", "payload：不是带 kind 的 JSON 对象，也没有写出信号种类 kind"),
        (b'{"kind": "fire.started"}', "kind：'fire.started' 不是设备可报的信号；设备自定义的以 x. 开头"),
        (b'{"kind": "fire.alarm", "id": -1}', "信号 fire.alarm 已收下，但 id 不能用：-1"),
    ],
)
async def test_what_cannot_be_read_says_why_in_chinese_as_well(payload: bytes, zh: str) -> None:
    async with scene() as it:
        await it.say(payload)
        (why,) = it.emitted.reasons
        assert Words.of(why).zh.startswith(f"{SIGNAL}：{zh}")


async def test_a_retained_signal_is_a_memory_and_no_alarm() -> None:
    async with scene() as it:
        await it.driver._on_message(MqttMessage(SIGNAL, b'{"kind": "fire.alarm"}', "anju", 1, retained=True))
        assert it.emitted.signals == []
        assert "without RETAIN" in it.emitted.quarantined[0][0]
        assert it.emitted.signs_of_life == 0
        it.client.send(Publish(SIGNAL, b'{"kind": "fire.alarm"}', 1, 1, retain=True))
        assert await it.client.receive() == Puback(1)
        assert [one.kind for one in it.emitted.signals] == ["fire.alarm"]


async def test_only_going_offline_is_a_signal_of_the_status() -> None:
    async with scene() as it:
        for status in (b"online", b'"Online"\r\n', b"offline", b"offline", b"asleep", b"online", b"offline\0"):
            await it.say(status, "status")
        assert [one.kind for one in it.emitted.signals] == ["device.offline", "device.offline"]
        assert [data for _, data in it.emitted.quarantined] == [b"asleep"]


async def test_who_was_said_to_be_away_and_speaks_may_be_said_to_be_away_again() -> None:
    async with scene() as it:
        heard: list[str] = []
        it.driver.link.on_heard = lambda: heard.append("heard")
        await it.say(b"offline", "status")
        await it.say(b"offline", "status")
        assert heard == [], "its bridge spoke, and not the device"
        await it.say({"kind": "door.opened"})
        assert heard == ["heard"]
        await it.say(b"offline", "status")
        assert [one.kind for one in it.emitted.signals] == ["device.offline", "door.opened", "device.offline"]


async def test_a_status_that_was_not_recorded_is_said_again() -> None:
    async with scene() as it:
        it.emitted.disk_full = True
        with pytest.raises(NotRecorded):
            await it.driver._on_message(MqttMessage("anju/v1/lock/status", b"offline", "c", 1))
        it.emitted.disk_full = False
        await it.say(b"offline", "status")
        assert [one.kind for one in it.emitted.signals] == ["device.offline"]


# commands


def unlock(seconds: float = 5, **arguments: Any) -> Command:
    return Command("lock", "unlock", arguments or {"seconds": 3}, limit=timedelta(seconds=seconds))


async def test_a_command_and_its_answer() -> None:
    async with scene([COMMAND]) as it:
        command = unlock()
        doing = asyncio.create_task(it.driver.perform(command))
        assert await it.heard() == {"id": command.id, "action": "unlock", "arguments": {"seconds": 3}}
        await it.say({"id": command.id, "ok": True, "data": {"angle": 90}}, "result")
        assert await doing == {"angle": 90}


async def test_an_answer_counts_whatever_of_it_is_unfit() -> None:
    async with scene([COMMAND]) as it:
        doing = asyncio.create_task(it.driver.perform(unlock()))
        said = await it.heard()
        await it.say(
            b'\xef\xbb\xbf{"id": "%s", "ok": true, "data": {"angle": 90, "v": NaN}}' % said["id"].encode(), "result"
        )
        assert await doing == {"angle": 90}
        doing = asyncio.create_task(it.driver.perform(unlock()))
        said = await it.heard()
        await it.say({"id": said["id"], "ok": False, "error": "x" * 2000, "data": None}, "result")
        with pytest.raises(CommandFailed, match=r"x{500}$"):
            await doing


async def test_a_command_the_device_refuses() -> None:
    async with scene([COMMAND]) as it:
        doing = asyncio.create_task(it.driver.perform(unlock()))
        said = await it.heard()
        await it.say({"id": said["id"], "ok": False, "error": "the bolt is stuck"}, "result")
        with pytest.raises(CommandFailed, match=r"lock, command unlock: the bolt is stuck"):
            await doing


async def test_a_command_without_an_answer_and_an_answer_too_late() -> None:
    async with scene([COMMAND]) as it:
        with pytest.raises(CommandFailed, match=r"no answer within 0\.2 s"):
            await it.driver.perform(unlock(0.2))
        said = await it.heard()
        await it.say({"id": said["id"], "ok": True}, "result")
        assert "not waiting" in it.emitted.quarantined[0][0]


async def test_a_command_to_a_device_that_does_not_listen() -> None:
    async with scene() as it:
        with pytest.raises(CommandFailed, match="not connected, or has not subscribed"):
            await it.driver.perform(unlock())


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (Command("lock", "sing"), "no such command"),
        (unlock(volume=11), "no argument volume"),
        (Command("lock", "unlock", {"seconds": math.inf}), "argument seconds can't be sent: inf"),
        (Command("lock", "unlock", {"seconds": math.nan}), "argument seconds can't be sent: nan"),
        (Command("lock", "unlock", {"seconds": "\ud800"}), r"argument seconds can't be sent: '\\ud800'"),
        (Command("lock", "unlock", {"seconds": [1, math.inf]}), "argument seconds can't be sent: list"),
    ],
)
async def test_a_command_it_does_not_take(command: Command, why: str) -> None:
    async with scene([COMMAND]) as it:
        with pytest.raises(CommandFailed, match=why):
            await it.driver.perform(command)
        assert await it.client.is_quiet()


async def test_results_that_cannot_be_read() -> None:
    async with scene() as it:
        for payload in (b"{}", b'{"id": "c"}', b'{"id": "c", "ok": "yes"}', b"no", b"[]"):
            await it.say(payload, "result")
        assert len(it.emitted.quarantined) == 5
        assert it.emitted.refusals == [], "no report is lost by it"


async def test_a_pin_and_a_code_are_no_part_of_the_data() -> None:
    async with scene() as it:
        await it.say({"kind": "pin.entered", "data": {"digits": 4, "secret": "4719"}})
        await it.say({"kind": "code.read", "data": {"secret": "VABC"}})
        await it.say({"kind": "door.opened", "data": {"secret": "no PIN"}})
        assert [(one.data, one.secret) for one in it.emitted.signals] == [
            ({"digits": 4}, "4719"),
            ({}, "VABC"),
            ({"secret": "no PIN"}, None),
        ]


@pytest.mark.parametrize(
    "payload",
    [
        b'{"kind": "pin.entered", "data": {"secret": "4719"}, "own": 1}',
        b'{"kind": "pin.entered", "data": {"secret": "4719"',
        b'{"knd": "pin", "data": {"secret": "4719"}}',
    ],
)
async def test_the_quarantine_keeps_only_the_shape_of_a_message_with_a_secret(payload: bytes) -> None:
    async with scene() as it:
        await it.say(payload)
        await until(lambda: it.emitted.quarantined)
        assert all(b"4719" not in data and b"0000" in data for _, data in it.emitted.quarantined)
        assert all("4719" not in str(why) for why in it.emitted.reasons)
