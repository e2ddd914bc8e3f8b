"""What devices of the field were recorded to send, through the shipped examples of config/examples.

Payloads are from public issue threads, makers' manuals and forum posts; names, addresses and plates are replaced.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from drivers.http_push import HttpPush
from drivers.mqtt_mapped import MqttMapped
from gateway.config import load
from gateway.errors import BadInput
from gateway.links.mqtt.message import MqttMessage
from gateway.testing import RecordedReports
from tests.config.test_examples import CONFIG, folder_with

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4 + b"\r\n--boundar\n\xff\xd9"


def told_by(emit: RecordedReports) -> list[str]:
    return [f"{device} {kind}" for device, kind in emit.kinds()]


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    @cache
    def loaded(kind: str) -> Any:
        return load(folder_with(tmp_path_factory.mktemp(kind), Path(CONFIG / "examples" / f"{kind}.yaml"))).devices

    return {entry.device.id: entry for kind in ("http_push", "mqtt_mapped") for entry in loaded(kind)}


def hikvision(event: str, state: str = "active", more: str = "", version: int = 2) -> bytes:
    where = {1: "http://www.hikvision.com/ver10/XMLSchema", 2: "http://www.isapi.org/ver20/XMLSchema"}[version]
    return f"""<EventNotificationAlert version="{version}.0" xmlns="{where}">
<ipAddress>192.168.1.64</ipAddress>
<portNo>80</portNo>
<protocol>HTTP</protocol>
<macAddress>24:32:ae:00:00:01</macAddress>
<channelID>3</channelID>
<dateTime>2026-11-22T08:00:00+08:00</dateTime>
<activePostCount>1</activePostCount>
<eventType>{event}</eventType>
<eventState>{state}</eventState>
<eventDescription>{event} alarm</eventDescription>
{more}
</EventNotificationAlert>
""".encode()


REGION = """<DetectionRegionList><DetectionRegionEntry><regionID>1</regionID><sensitivityLevel>50</sensitivityLevel>
<detectionTarget>human</detectionTarget></DetectionRegionEntry></DetectionRegionList>"""


def multipart(*parts: tuple[str, bytes], boundary: str = "boundary", end: str = "\r\n", length: bool = True) -> bytes:
    made = b""
    for head, data in parts:
        lines = [f"--{boundary}", head, *([f"Content-Length: {len(data)}"] if length else []), "", ""]
        made += end.join(line.replace("\r\n", end) for line in lines).encode() + data + end.encode()
    return made + f"--{boundary}--{end}".encode()


_FIELD = "Content-Disposition: form-data; name="
XML = f'{_FIELD}"fielddetection.xml"; filename="fielddetection.xml"\r\nContent-Type: application/xml'
PICTURE = f'{_FIELD}"detectionPicture"; filename="detectionPicture.jpg"\r\nContent-Type: image/pjpeg'


async def pushed(devices: dict[str, Any], device: str, body: bytes, kind: str = "") -> RecordedReports:
    emit, entry = RecordedReports(), devices[device]
    driver = HttpPush(entry.device, entry.settings, None, emit)
    await driver._on_push(body, kind)
    assert emit.heard_count, "it lives"
    assert emit.refusals == []
    return emit


@pytest.mark.parametrize(
    ("event", "state", "told"),
    [
        ("fielddetection", "active", ["west-3 zone.alarm"]),
        ("fielddetection", "inactive", ["west-3 zone.restored"]),
        ("linedetection", "active", ["west-3 zone.alarm"]),
        ("linedetection", "inactive", []),
        ("regionEntrance", "active", ["west-3 zone.alarm"]),
        ("VMD", "active", []),
        ("VMD", "inactive", []),
        ("duration", "active", []),
        ("shelteralarm", "active", ["west-3 camera.covered"]),
        ("tamperdetection", "inactive", ["west-3 camera.restored"]),
        ("videoloss", "inactive", []),
        ("videoloss", "active", ["west-3 device.faulted"]),
        ("diskfull", "active", ["west-3 device.faulted"]),
        ("diskfull", "inactive", []),
        ("nothing anybody knows", "inactive", []),
        ("IO", "active", ["west-3 zone.alarm"]),
    ],
)
@pytest.mark.parametrize("version", [1, 2])
async def test_hikvision(devices: dict[str, Any], event: str, state: str, told: list[str], version: int) -> None:
    body = hikvision(event, state, version=version)
    emit = await pushed(devices, "west-host", body, 'application/xml; charset="UTF-8"')
    assert told_by(emit) == told


@pytest.mark.parametrize("event", [("fielddetection", "half"), ("wormhole", "active")])
async def test_hikvision_says_what_nobody_knows(devices: dict[str, Any], event: tuple[str, str]) -> None:
    """Neither an alarm nor a restore: told the guard, kept for the installer."""
    emit, entry = RecordedReports(), devices["west-host"]
    with pytest.raises(BadInput):
        await HttpPush(entry.device, entry.settings, None, emit)._on_push(hikvision(*event), "")
    assert emit.signals == []
    assert len(emit.quarantined) == len(emit.refusals) == 1


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=boundary",
        'multipart/form-data; boundary="boundary"',
        "multipart/form-data;boundary=boundary",
        "Multipart/Form-Data; charset=utf-8; Boundary=boundary",
        "multipart/mixed; boundary=boundary",
        "multipart/form-data; boundary=another",
        "multipart/form-data; boundary=<boundary>",
        "multipart/form-data",
        "text/plain",
        "",
    ],
)
async def test_hikvision_with_its_picture(devices: dict[str, Any], kind: str, end: str, length: bool) -> None:
    body = multipart((XML, hikvision("fielddetection", more=REGION)), (PICTURE, JPEG), end=end, length=length)
    emit = await pushed(devices, "west-host", body, kind)
    (signal,) = emit.signals
    assert (signal.device, signal.kind, signal.picture) == ("west-3", "zone.alarm", JPEG)
    assert signal.data == {"zone": "3", "region": "1", "target": "human"}
    assert emit.quarantined == []


@pytest.mark.parametrize(
    "boundary", ["---------------------------7e13971310878", "<frontier>", "MIME_boundary", "a.b+c/d=e'f(g):h?i", "x y"]
)
async def test_any_boundary(devices: dict[str, Any], boundary: str) -> None:
    body = multipart((XML, hikvision("fielddetection")), (PICTURE, JPEG), boundary=boundary)
    emit = await pushed(devices, "west-host", body, f'multipart/form-data; boundary="{boundary}"')
    assert emit.signals[0].picture == JPEG


async def test_hikvision_plates_come_with_several_pictures(devices: dict[str, Any]) -> None:
    anpr = hikvision(
        "ANPR", more="<ANPR><licensePlate>浙A12345</licensePlate><confidenceLevel>97</confidenceLevel></ANPR>"
    )
    small = ('Content-Disposition: form-data; name="licensePlatePicture.jpg"\r\nContent-Type: image/jpeg', JPEG[:300])
    body = multipart(
        ('Content-Disposition: form-data; name="anpr.xml"\r\nContent-Type: text/xml', anpr), small, (PICTURE, JPEG)
    )
    (signal,) = (await pushed(devices, "west-host", body, "multipart/form-data; boundary=boundary")).signals
    assert (signal.kind, signal.data["text"], signal.picture) == ("plate.read", "浙A12345", JPEG)


async def test_several_events_have_their_own_pictures(devices: dict[str, Any]) -> None:
    other = JPEG + b"2"
    body = multipart(
        (XML, hikvision("fielddetection")), (PICTURE, JPEG), (XML, hikvision("linedetection")), (PICTURE, other)
    )
    emit = await pushed(devices, "west-host", body, "multipart/mixed; boundary=boundary")
    assert [signal.picture for signal in emit.signals] == [JPEG, other]


async def test_a_part_that_can_not_be_read_costs_no_alarm(devices: dict[str, Any]) -> None:
    body = multipart((XML, b"<broken"), (XML, hikvision("fielddetection")), ("Content-Type: image/png", b"\x89PNG"))
    emit = await pushed(devices, "west-host", body, "multipart/form-data; boundary=boundary")
    assert told_by(emit) == ["west-3 zone.alarm"]
    assert emit.signals[0].picture is None
    assert emit.quarantined[0][0].startswith("taken, but parts of it can't be read: XML")


def access(major: int = 5, sub: int = 75, **more: object) -> bytes:
    said = {
        "ipAddress": "192.168.1.70",
        "dateTime": "2026-11-22T08:00:00+08:00",
        "activePostCount": 1,
        "eventType": "AccessControllerEvent",
        "eventState": "active",
        "eventDescription": "Access Controller Event",
        "AccessControllerEvent": {
            "deviceName": "Access Controller",
            "majorEventType": major,
            "subEventType": sub,
            "name": "王",
            "doorNo": 1,
            "serialNo": 4711,
            **more,
        },
    }
    return json.dumps(said, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (access(), ["door-b1-events access.granted"]),
        (access(5, 9), ["door-b1-events access.denied"]),
        (access(5, 27), ["door-b1-events door.forced"]),
        (access(1, 1026), ["door-b1-events reader.tampered"]),
        (access(3, 112), ["door-b1-events x.hikvision.access"]),
        (access(5, 27, currTemperature=float("nan")), ["door-b1-events door.forced"]),
        (b'{"eventType": "heartBeat", "eventState": "active", "dateTime": "2026-11-22T08:00:00+08:00"}', []),
    ],
)
@pytest.mark.parametrize("parts", [True, False])
async def test_hikvision_doors(devices: dict[str, Any], body: bytes, told: list[str], parts: bool) -> None:
    if parts:
        head = 'Content-Disposition: form-data; name="event_log"\r\nContent-Type: application/json'
        body = multipart((head, body), (PICTURE, JPEG), boundary="MIME_boundary")
    kind = "multipart/form-data; boundary=MIME_boundary" if parts else "application/json"
    emit = await pushed(devices, "door-b1-events", body, kind)
    assert told_by(emit) == told
    assert all(signal.picture == (JPEG if parts else None) for signal in emit.signals)


DATA = b""";data={
   "Class" : "Normal",
   "DetectRegion" : [ [ 2209, 6041 ], [ 3386, 4450 ] ],
   "Name" : "Rule1; north",
   "Object" : { "ObjectID" : 4695, "ObjectType" : "Human" }
}
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"Code=VideoMotion;action=Start;index=0", ["north-1 motion.started"]),
        (b"Code=VideoMotion;action=Start;index=0\r\n", ["north-1 motion.started"]),
        (b" Code=VideoMotion; action=Stop; index=0;\n", ["north-1 motion.ended"]),
        (b"Code=CrossLineDetection;action=Start;index=0" + DATA, ["north-1 zone.alarm"]),
        (b"Code=CrossLineDetection;action=Stop;index=0" + DATA, []),
        (b"Code=CrossRegionDetection;action=Start;index=0" + DATA, ["north-1 zone.alarm"]),
        (b"Code=CrossRegionDetection;action=Stop;index=0", ["north-1 zone.restored"]),
        (b"Code=CrossRegionDetection;action=Pulse;index=0", ["north-1 zone.alarm"]),
        (b"Code=CrossRegionDetection;action=Start;index=0;data={broken", ["north-1 zone.alarm"]),
        (b"Code=VideoBlind;action=Start;index=1", ["north-recorder camera.covered"]),
        (
            b"Code=AlarmLocal;action=Start;index=0\nCode=AlarmLocal;action=Stop;index=0\n",
            ["north-1 zone.alarm", "north-1 zone.restored"],
        ),
        (b"Heartbeat", []),
        (b"Code=VideoMotionInfo;action=State;index=0", []),
        (b"Code=NewFile;action=Pulse;index=0;data={\n}", []),
    ],
)
@pytest.mark.parametrize("end", ["\r\n", "\n"])
async def test_dahua(devices: dict[str, Any], body: bytes, told: list[str], end: str) -> None:
    assert told_by(await pushed(devices, "north-recorder", body)) == told
    assert told_by(await pushed(devices, "north-recorder", body, "application/x-www-form-urlencoded")) == told
    parts = multipart(
        ("Content-Type: text/plain", body), ("Content-Type: text/plain", b"Heartbeat"), boundary="myboundary", end=end
    )
    for kind in (
        "multipart/x-mixed-replace; boundary=myboundary",
        "multipart/x-mixed-replace;boundary=--myboundary",
        "",
    ):
        assert told_by(await pushed(devices, "north-recorder", parts, kind)) == told
    with_picture = multipart(
        ("Content-Type: text/plain", body), ("Content-Type: image/jpeg", JPEG), boundary="myboundary", end=end
    )
    emit = await pushed(devices, "north-recorder", with_picture, "multipart/form-data; boundary=myboundary")
    assert told_by(emit) == told


async def test_dahua_data_goes_along(devices: dict[str, Any]) -> None:
    body = b"Code=CrossRegionDetection;action=Start;index=0" + DATA
    (signal,) = (await pushed(devices, "north-recorder", body)).signals
    assert signal.data == {"zone": "0", "rule": "Rule1; north", "target": "Human"}


Z = "zigbee2mqtt/101_front_door"
MAPPED: dict[str, list[tuple[str, object]]] = {
    "door-b1-u1-101": [
        (Z, {"battery": 97, "contact": True, "linkquality": 102, "tamper": False, "voltage": 3005}),
        (Z, {"battery": 97, "battery_low": None, "contact": None, "tamper": None, "linkquality": 207}),
        (Z, {"contact": False, "linkquality": 80}),
        (Z, {"contact": "unknown"}),
        (Z, {"contact": None}),
        (Z, {"contact": True}),
        (Z, {"tamper": True, "battery_low": True}),
        (f"{Z}/availability", {"state": "offline"}),
        (f"{Z}/availability", {"state": "online"}),
        (f"{Z}/availability", "offline"),
        (f"{Z}/availability", "online"),
    ],
    "siren-gate": [
        ("tele/siren_gate/LWT", "Online"),
        (
            "tele/siren_gate/STATE",
            {"Time": "2026-11-22T08:00:00", "Uptime": "0T00:10:11", "POWER": "OFF", "Wifi": {"RSSI": 44}},
        ),
        ("tele/siren_gate/SENSOR", {"Time": "2026-11-22T08:00:00", "Switch1": "OFF"}),
        ("stat/siren_gate/RESULT", {"Switch1": {"Action": "ON"}}),
        ("stat/siren_gate/RESULT", {"Switch1": {"Action": "OFF"}}),
        ("stat/siren_gate/RESULT", {"POWER": "ON"}),
        ("stat/siren_gate/POWER", "ON"),
        ("tele/siren_gate/SENSOR", {"Time": "2026-11-22T08:05:00", "Switch1": "ON"}),
        ("stat/siren_gate/RESULT", {"Switch1": {"Action": "TOGGLE"}}),
        ("tele/siren_gate/LWT", "Offline"),
    ],
    "leak-b1-u1-101": [
        ("shellies/shellyflood-764FAC/online", "true"),
        ("shellies/shellyflood-764FAC/sensor/flood", "false"),
        ("shellies/shellyflood-764FAC/sensor/flood", "true"),
        ("shellies/shellyflood-764FAC/sensor/flood", "unknown"),
        ("shellies/shellyflood-764FAC/sensor/flood", ""),
        ("shellies/shellyflood-764FAC/sensor/battery", "87"),
        ("shellies/shellyflood-764FAC/sensor/temperature", "20.12"),
        ("shellies/shellyflood-764FAC/sensor/flood", "false"),
    ],
    "exit-b1-u1": [
        (
            "shellyplus1-a8032abe54dc/events/rpc",
            {
                "src": "shellyplus1",
                "dst": "x",
                "method": "NotifyStatus",
                "params": {"ts": 1.5, "input:0": {"id": 0, "state": True}},
            },
        ),
        (
            "shellyplus1-a8032abe54dc/events/rpc",
            {"method": "NotifyStatus", "params": {"ts": 2.5, "input:0": {"id": 0, "state": None}}},
        ),
        ("shellyplus1-a8032abe54dc/status/input:0", {"id": 0, "state": False}),
        ("shellyplus1-a8032abe54dc/online", "true"),
        (
            "shellyplus1-a8032abe54dc/events/rpc",
            {"method": "NotifyEvent", "params": {"events": [{"component": "input:1", "id": 1, "event": "long_push"}]}},
        ),
    ],
    "gas-b1-u1-101": [
        ("homeassistant/binary_sensor/kitchen_gas/state", "off"),
        ("homeassistant/binary_sensor/kitchen_gas/state", "on"),
        ("homeassistant/binary_sensor/kitchen_gas/state", "unknown"),
        ("homeassistant/binary_sensor/kitchen_gas/state", "unavailable"),
        ("homeassistant/binary_sensor/kitchen_gas/state", "on"),
        ("homeassistant/binary_sensor/kitchen_gas/state", "off"),
    ],
}
TOLD = {
    "door-b1-u1-101": [
        "zone.alarm",
        "zone.restored",
        "zone.tampered",
        "panel.battery_low",
        "device.offline",
        "device.offline",
    ],
    "siren-gate": ["zone.tampered", "zone.restored", "zone.tampered", "device.offline"],
    "leak-b1-u1-101": ["water.alarm", "water.restored"],
    "exit-b1-u1": ["exit.requested", "panic.pressed"],
    "gas-b1-u1-101": ["gas.alarm", "device.offline", "gas.restored"],
}


@pytest.mark.parametrize("device", MAPPED)
async def test_mqtt_of_others(devices: dict[str, Any], device: str) -> None:
    emit, entry = RecordedReports(), devices[device]
    driver = MqttMapped(entry.device, entry.settings, None, emit)
    for topic, said in MAPPED[device]:
        assert (
            await driver._on_message(
                MqttMessage(topic, said.encode() if isinstance(said, str) else json.dumps(said).encode(), "c")
            )
            is None
        )
    assert [signal.kind for signal in emit.signals] == TOLD[device]
    assert emit.refusals == []
