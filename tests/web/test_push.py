"""Devices that can only POST, by curl and by sockets: who may, what is answered, and when."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import re
import subprocess
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp
import pytest
from pydantic import ValidationError

from drivers.http_push import DRIVER
from gateway.auth import throttle
from gateway.model import Device, DeviceType
from gateway.protocols.mapping.http_push_settings import HttpPushSettings
from gateway.testing import running

TOKEN = "00112233445566778899aabbccddeeff"
PASSWORD = "wacht am Tor"
SETTINGS = {
    "token": TOKEN,
    "paths": {
        "what": "event.code",
        "zone": "event.zone",
        "id": "event.serial",
        "at": "event.time",
        "data": {"text": "event.message"},
    },
    "kinds": {"1130": "zone.alarm", "3130": "zone.restored", "1602": "alive", "0": "ignored"},
    "zones": [{"number": 1, "id": "east-1", "name": "东门周界"}],
}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def basic_of(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def event(code: object = 1130, **more: object) -> dict:
    return {"event": {"code": code, "zone": "1", "serial": 77, "time": "2026-11-22T08:00:00+08:00", **more}}


@asynccontextmanager
async def pushing(anju, **more):
    settings = HttpPushSettings.model_validate({**SETTINGS, **more})
    device = Device("east-host", "http_push", DeviceType.PANEL, "东区报警主机", "gate/east")
    async with running(DRIVER, settings, anju.services.pushes.link("east-host", settings), device) as run:
        await run.until(lambda: run.reports.heard_count)
        async with aiohttp.ClientSession(anju.url) as client:
            yield SimpleNamespace(client=client, reports=run.reports, task=run.task)


async def post(run, body, headers=BEARER, path="/api/v1/push/east-host", **more):
    data = io.BytesIO(body) if isinstance(body, bytes) else json.dumps(body).encode()
    async with run.client.post(path, data=data, headers=headers, **more) as answer:
        return answer.status, await answer.text()


async def test_an_event_is_a_signal(anju) -> None:
    async with pushing(anju) as run:
        assert await post(run, event(message="翻越")) == (200, '{"ok": true}')
        (signal,) = run.reports.signals
        assert (signal.device, signal.kind, signal.source_id) == ("east-1", "zone.alarm", "77")
        assert signal.data == {"zone": "1", "text": "翻越"}
        assert signal.at.isoformat() == "2026-11-22T00:00:00+00:00"


@pytest.mark.needs("curl", "curl")
async def test_by_curl_with_a_token_in_the_address(anju) -> None:
    async with pushing(anju, query="key") as run:
        curl = ["curl", "-sS", "-w", " %{http_code}", "--data-urlencode", "code=1130", "-d", "zone=1"]
        address = f"{anju.url}/api/v1/push/east-host?key={TOKEN}"
        done = await asyncio.to_thread(subprocess.run, [*curl, address], capture_output=True, text=True, check=True)
        assert done.stdout.endswith(" 400"), "a form has no event.code"
    async with pushing(anju, query="key", paths={"what": "code", "zone": "zone"}) as run:
        done = await asyncio.to_thread(subprocess.run, [*curl, address], capture_output=True, text=True, check=True)
        assert done.stdout == '{"ok": true} 200'
        assert run.reports.kinds() == [("east-1", "zone.alarm")]


async def test_xml_by_a_password(anju) -> None:
    body = b"""<?xml version="1.0" encoding="UTF-8"?>
    <EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">
    <channelID>3</channelID><eventType>fielddetection</eventType>
    <dateTime>2026-11-22T08:00:00+08:00</dateTime></EventNotificationAlert>"""
    more = {
        "token": None,
        "user": "west",
        "password": PASSWORD,
        "paths": {"what": "EventNotificationAlert.eventType", "zone": "EventNotificationAlert.channelID"},
        "kinds": {"fielddetection": "zone.alarm"},
        "zones": [{"number": 3, "id": "west-3", "name": "西围墙"}],
    }
    async with pushing(anju, **more) as run:
        right = basic_of("west", PASSWORD)
        assert (await post(run, body, {"Authorization": right, "Content-Type": "application/xml"}))[0] == 200
        assert run.reports.kinds() == [("west-3", "zone.alarm")]
        wrong = basic_of("west", "open")
        assert (await post(run, body, {"Authorization": wrong}))[0] == 401


@pytest.mark.parametrize("zone", ["003", 3, "3", 3.0])
async def test_zeros_in_front_of_a_zone_make_no_other_zone(anju, zone) -> None:
    async with pushing(anju, zones=[{"number": 3, "id": "east-3", "name": "东门"}]) as run:
        assert (await post(run, event(zone=zone)))[0] == 200
        assert run.reports.kinds() == [("east-3", "zone.alarm")]


async def test_dahuas_json_and_several_events_without_each(anju) -> None:
    said = {"Code": "AlarmLocal", "Action": "Start", "Index": 1}
    more = {"paths": {"what": "Code", "zone": "index || Index"}, "kinds": {"AlarmLocal": "zone.alarm"}}
    async with pushing(anju, **more) as run:
        for body in (said, said | {"Action": "Stop"}, [said, said | {"Index": 2}, said | {"Action": "Stop"}]):
            assert (await post(run, body))[0] == 200
        assert run.reports.kinds() == [("east-1", "zone.alarm")] * 2 + [("east-host", "zone.alarm")]


# HTTP Digest

WEST = {"token": None, "user": "west", "password": PASSWORD}


def digest_of(
    challenge: str, *, user="west", password=PASSWORD, count=1, uri="/api/v1/push/east-host", qop="auth", **said
):
    """The header a client answers with, by RFC 7616 alone."""
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    hashed = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[given["algorithm"]]

    def hexed(*parts: str) -> str:
        return hashed(":".join(parts).encode()).hexdigest()

    nc, cnonce, nonce = f"{count:08x}", "0a4f113b", said.get("nonce", given["nonce"])
    middle = (nonce, nc, cnonce, qop) if qop else (nonce,)
    response = hexed(hexed(user, given["realm"], password), *middle, hexed("POST", uri))
    more = f', qop={qop}, nc={nc}, cnonce="{cnonce}"' if qop else ""
    return (
        f'Digest username="{user}", realm="{given["realm"]}", nonce="{nonce}", uri="{uri}",'
        f' algorithm={given["algorithm"]}, response="{response}"{more}'
    )


async def challenged(run, path="/api/v1/push/east-host", headers=None) -> list[str]:
    async with run.client.post(path, data=b"{}", headers=headers or {}) as answer:
        assert answer.status == 401
        return answer.headers.getall("WWW-Authenticate")


@pytest.mark.needs("curl", "curl")
@pytest.mark.parametrize("how", ["--digest", "--basic", "--anyauth"])
async def test_curl_signs_in_by_password(anju, how) -> None:
    async with pushing(anju, **WEST) as run:
        for _ in range(3):
            curl = ["curl", "-sS", "-w", " %{http_code}", how, "-u", f"west:{PASSWORD}", "-d", json.dumps(event())]
            curl += ["-H", "Content-Type: application/json", f"{anju.url}/api/v1/push/east-host"]
            done = await asyncio.to_thread(subprocess.run, curl, capture_output=True, text=True, check=True)
            assert done.stdout == '{"ok": true} 200'
        curl[curl.index(f"west:{PASSWORD}")] = "west:wrong"
        done = await asyncio.to_thread(subprocess.run, curl, capture_output=True, text=True, check=True)
        assert done.stdout.endswith(" 401")
        assert len(run.reports.signals) == 3


@pytest.mark.needs("curl", "curl")
async def test_curl_sends_a_picture_by_digest(anju, tmp_path) -> None:
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"\xff\xd8\xff\xe0" + bytes(180_000))
    (tmp_path / "a.json").write_text(json.dumps(event()))
    async with pushing(anju, **WEST) as run:
        curl = ["curl", "-sS", "-w", " %{http_code}", "--digest", "-u", f"west:{PASSWORD}"]
        curl += ["-F", f"event=@{tmp_path}/a.json;type=application/json", "-F", f"picture=@{picture};type=image/pjpeg"]
        done = await asyncio.to_thread(
            subprocess.run, [*curl, f"{anju.url}/api/v1/push/east-host"], capture_output=True, text=True, check=True
        )
        assert done.stdout == '{"ok": true} 200'
        assert run.reports.signals[0].picture == picture.read_bytes()


@pytest.mark.parametrize("which", [0, 1])
async def test_a_nonce_is_used_again_with_a_count_that_grows(anju, which) -> None:
    async with pushing(anju, **WEST) as run:
        offered = await challenged(run)
        assert [each.split()[0] for each in offered] == ["Digest", "Digest", "Basic"]
        challenge = offered[which]
        answers = [
            (await post(run, event(), {"Authorization": digest_of(challenge, count=count)}))[0]
            for count in (1, 2, 2, 1, 5, 4)
        ]
        assert answers == [200, 200, 401, 401, 200, 401], "what was overheard is not taken again"
        again = await challenged(run, headers={"Authorization": digest_of(challenge, count=5)})
        assert "stale=true" in again[0]
        assert (await post(run, event(), {"Authorization": digest_of(again[which])}))[0] == 200


async def test_clients_without_qop_use_a_nonce_once(anju) -> None:
    async with pushing(anju, **WEST) as run:
        challenge = (await challenged(run))[0]
        headers = {"Authorization": digest_of(challenge, qop="")}
        assert [(await post(run, event(), headers))[0] for _ in range(2)] == [200, 401]


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "open"},
        {"user": "east"},
        {"uri": "/api/v1/push/another"},
        {"uri": "http://["},
        {"nonce": "0-1-2"},
        {"qop": "auth-int"},
    ],
)
async def test_what_is_wrong_with_a_digest_is_not_told(anju, wrong) -> None:
    async with pushing(anju, **WEST) as run:
        challenge = (await challenged(run))[0]
        again = await challenged(run, headers={"Authorization": digest_of(challenge, **wrong)})
        assert "stale" not in again[0]
        headers = {"Authorization": digest_of(challenge, uri="https://gate/anju/api/v1/push/east-host?a=1")}
        assert (await post(run, event(), headers))[0] == 200, "behind a proxy"


async def test_who_asks_for_a_challenge_guesses_nothing(anju, monkeypatch) -> None:
    monkeypatch.setattr(throttle, "MAX_WAIT_S", 0.05)
    async with pushing(anju, **WEST) as run:
        for _ in range(40):
            challenge = (await challenged(run))[0]
        assert (await post(run, event(), {"Authorization": digest_of(challenge)}))[0] == 200
        wrong = [
            (await post(run, event(), {"Authorization": digest_of(challenge, password=f"{n}")}))[0] for n in range(32)
        ]
        assert wrong == [401] * 32
        assert sum(anju.services.refusals.counts().values()) == 32, "the forty that only asked are not among them"
        challenge = (await challenged(run))[0]
        assert (await post(run, event(), {"Authorization": digest_of(challenge)}))[0] == 200


async def test_a_device_that_there_is_not_challenges_as_well(anju) -> None:
    async with pushing(anju) as run:
        shapes = [
            [re.sub(r'nonce="[^"]*"', "", each) for each in await challenged(run, f"/api/v1/push/{device}")]
            for device in ("east-host", "nobody")
        ]
        assert shapes[0] == shapes[1]
        challenge = (await challenged(run))[0]
        assert (await post(run, event(), {"Authorization": digest_of(challenge, user="None", password="None")}))[
            0
        ] == 401


# what is large

JPEG = b"\xff\xd8\xff\xe0" + bytes(180_000)


def with_picture(size: int) -> bytes:
    return (
        b"--b\r\nContent-Type: application/json\r\n\r\n%s\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n--b--\r\n"
        % (json.dumps(event()).encode(), b"\xff\xd8\xff\xe0" + bytes(size))
    )


MIXED = {**BEARER, "Content-Type": "multipart/form-data; boundary=b"}


async def test_a_body_with_a_picture_may_be_large(anju) -> None:
    async with pushing(anju) as run:
        for size in (180_000, 3_000_000):
            assert (await post(run, with_picture(size), MIXED))[0] == 200
            assert len(run.reports.signals[-1].picture) == size + 4
        large = {"event": {"code": 1130, "picture": "A" * 180_000}}
        assert (await post(run, large, {**BEARER, "Content-Type": "application/json"}))[0] == 200
        assert run.reports.refusals == []


async def chunks(body: bytes):
    for at in range(0, len(body), 50_000):
        yield body[at : at + 50_000]


async def test_what_is_too_large_leaves_a_trace_and_is_told(anju) -> None:
    async with pushing(anju, largest=100_000) as run:
        body = with_picture(180_000)
        assert (await post(run, body, MIXED))[0] == 413
        async with run.client.post("/api/v1/push/east-host", data=chunks(body), headers=MIXED) as answer:
            assert answer.status == 413
        (named, head), (chunked, other) = run.reports.quarantined
        assert named == f"a body of {len(body)} bytes was too large to be read"
        assert chunked == "a body of > 100000 bytes was too large to be read"
        assert head == other == body[:1024]
        assert "too large" in run.reports.refusals[0][1]
        for _ in range(20):
            assert (await post(run, body, MIXED))[0] == 413
        assert len(run.reports.quarantined) == 5, "within an allowance"


@pytest.mark.parametrize("code", [1130, "1130", 1130.0, " 1130 "])
async def test_a_word_counts_however_it_is_written(anju, code) -> None:
    async with pushing(anju, kinds={"1130": "zone.alarm", "LineDetection": "zone.alarm"}) as run:
        assert (await post(run, event(code)))[0] == 200
        assert (await post(run, event("linedetection")))[0] == 200
        assert run.reports.kinds() == [("east-1", "zone.alarm")] * 2


@pytest.mark.parametrize(
    ("what", "begins", "ends"),
    [
        (
            "a.eventType",
            {"a": {"eventType": "x", "eventState": "active"}},
            {"a": {"eventType": "x", "eventState": "inactive"}},
        ),
        ("Code", b"Code=x;action=Start;index=0", b"Code=x;action=Stop;index=0"),
    ],
)
async def test_an_end_is_no_alarm_where_the_yaml_does_not_speak_of_ends(anju, what, begins, ends) -> None:
    async with pushing(anju, paths={"what": what}, kinds={"x": "zone.alarm"}) as run:
        assert [(await post(run, body))[0] for body in (ends, begins, ends)] == [200] * 3
        assert run.reports.kinds() == [("east-host", "zone.alarm")]


async def test_several_events_in_one_body(anju) -> None:
    async with pushing(anju, paths={"each": "list", "what": "c"}) as run:
        assert (await post(run, {"list": [{"c": 1130}, {"c": 1602}, {"c": 3130}]}))[0] == 200
        assert [kind for _, kind in run.reports.kinds()] == ["zone.alarm", "zone.restored"]
        assert (await post(run, {"list": [{"c": 1130}, {"c": 9}]}))[0] == 400
        assert len(run.reports.signals) == 2, "all of a body, or nothing"
        assert (await post(run, {"list": []}))[0] == 200
        assert "list 处没有内容" in (await post(run, {}))[1]


async def test_a_heartbeat_is_heard_and_no_signal(anju) -> None:
    async with pushing(anju) as run:
        lives = run.reports.heard_count
        assert (await post(run, event(1602)))[0] == 200
        assert run.reports.heard_count == lives + 1
        assert (await post(run, event(0)))[0] == 200
        assert run.reports.signals == []


async def test_nobody_learns_which_devices_there_are(anju) -> None:
    async with pushing(anju) as run:
        answers = [
            await post(run, event(), headers, f"/api/v1/push/{device}")
            for device in ("east-host", "nobody")
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic !"}, {"Authorization": "x"})
        ]
        assert {status for status, _ in answers} == {401}
        assert len({text for _, text in answers}) == 1
        assert (await post(run, event(), {}, f"/api/v1/push/east-host?key={TOKEN}"))[0] == 401, (
            "not allowed in the YAML"
        )
        assert (await post(run, event(), BEARER, "/api/v1/push/nobody"))[0] == 401
        assert run.reports.quarantined == []


async def test_who_guesses_has_to_wait_and_who_knows_gets_in(anju, monkeypatch) -> None:
    monkeypatch.setattr(throttle, "MAX_WAIT_S", 0.05)
    async with pushing(anju) as run:
        loop = asyncio.get_running_loop()
        for number in range(30):
            assert (await post(run, event(), {"Authorization": f"Bearer {number}"}))[0] == 401
        for number in range(3):
            began = loop.time()
            assert (await post(run, event(), {"Authorization": f"Bearer {number}"}))[0] == 401
            assert loop.time() - began >= 0.05
        assert (await post(run, event()))[0] == 200
        assert sum(anju.services.refusals.counts().values()) == 33


async def test_a_neighbour_with_an_old_token_silences_nobody(anju, monkeypatch) -> None:
    """Behind one address, as a router or a proxy makes it; whether there is such a neighbour is not told."""
    monkeypatch.setattr(throttle, "MAX_WAIT_S", 0.01)
    async with pushing(anju) as run:
        for path in ("/api/v1/push/west-host", "/api/v1/push/nobody"):
            answers = [(await post(run, event(), path=path))[0] for _ in range(33)]
            assert answers == [401] * 33
        assert (await post(run, event()))[0] == 200


async def test_not_on_record_is_not_taken(anju) -> None:
    async with pushing(anju) as run:
        run.reports.disk_full = True
        assert (await post(run, event()))[0] == 503
        run.reports.disk_full = False
        assert (await post(run, event()))[0] == 200


async def test_a_full_disk_silences_no_alarm_of_a_body(anju) -> None:
    async with pushing(anju, paths={"each": "@", "what": "code"}, zones=[]) as run:
        run.reports.disk_full = True
        assert (await post(run, [{"code": 3130}, {"code": 1130}]))[0] == 503
        assert [signal.device for signal in run.reports.not_recorded if signal.is_alarm] == ["east-host"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "the body is no JSON"),
        (b'{"event": {"code": NaN}}', "NaN is no number of JSON"),
        (b"[" * 50_000, "JSON"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "deeper than 64"),
        (b'{"event": {}}', "there is nothing at event.code"),
        (b'{"event": {"code": 5}}', "event.code says '5', which is not among kinds"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "XML that can't be used"),
        (b"\xff\xfe=%", "the body is no form"),
        (b"", "the body is empty"),
    ],
)
async def test_what_can_not_be_read_is_kept_and_the_mistake_told(anju, body, told) -> None:
    async with pushing(anju) as run:
        status, text = await post(run, body, {**BEARER, "Accept-Language": "en"})
        assert status == 400
        assert told in json.loads(text)["error"]["message"]
        assert run.reports.quarantined[0][1] == body
        assert run.reports.signals == []
        assert len(run.reports.refusals) == bool(body), "the guard is told: it may have been an alarm"


async def test_a_secret_in_a_body_is_not_kept(anju) -> None:
    async with pushing(anju) as run:
        assert (await post(run, {"token": TOKEN}))[0] == 400
        assert run.reports.quarantined[0][1] == b'{"token": "***"}'


async def test_too_large_and_too_often(anju) -> None:
    async with pushing(anju, burst=3, rate=0.5) as run:
        assert (await post(run, b"x" * 70_000))[0] == 413
        assert [(await post(run, event(1602)))[0] for _ in range(4)] == [200, 200, 200, 429]


async def test_without_its_driver_nothing_is_taken(anju) -> None:
    async with pushing(anju) as run:
        run.task.cancel()
        await asyncio.wait([run.task])
        assert (await post(run, event()))[0] == 503
        anju.services.pushes.forget("east-host")
        assert (await post(run, event()))[0] == 401


async def test_a_page_of_another_site_can_not_push(anju) -> None:
    async with pushing(anju) as run:
        assert (await post(run, event(), {**BEARER, "Origin": "https://evil.example"}))[0] == 403


def test_the_description_says_who_may() -> None:
    from gateway.web.api.push import PushRoutes
    from gateway.web.openapi import describe

    (route,) = PushRoutes().routes()
    operation = describe([route], "1")["paths"]["/api/v1/push/{device}"]["post"]
    assert operation["x-roles"] == ["device"]
    assert operation["security"] == [{"device_token": []}, {"device_password": []}]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"token": None}, "anybody could push, give it a token"),
        ({"token": "short"}, "fewer than 16 characters, take what `openssl rand -hex 16` prints"),
        ({"user": "x"}, "user and password go together"),
        ({"query": "key", "token": None, "user": "x", "password": "y"}, "the query would carry a token"),
        ({"kinds": {}}, "paths.what needs kinds to look it up in"),
        ({"paths": {}}, "nothing in a body would say what happened"),
        ({"paths": {"what": "a..b"}}, "'a..b' is no JMESPath expression"),
        ({"kinds": {"1": "zone.alrm"}}, "'zone.alrm' is no kind of signal"),
        ({"zones": [{"number": 1, "id": "a", "name": "A"}, {"number": "1", "id": "b", "name": "B"}]}, "given to two"),
    ],
)
def test_mistakes_are_explained(more, told) -> None:
    with pytest.raises(ValidationError) as refused:
        HttpPushSettings.model_validate({**SETTINGS, **more})
    assert told in str(refused.value)
