"""HTTP push: who asks to be let in, and bodies in JSON, forms and XML, through the driver's mapping."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from drivers.http_push import HttpPush
from gateway.errors import BadInput
from gateway.links.http_push import PushRegistry
from gateway.links.http_push_settings import PushSettings
from gateway.protocols.mapping.push_body import read_push_body
from tests.fuzz.subject import Feed, Subject, device, recordable

_PATHS = {
    "what": "event.code",
    "zone": "event.zone",
    "id": "event.serial",
    "at": "event.time",
    "data": {"text": "event.message"},
}
_XML = {"what": "N.type", "zone": "N.channel", "at": "N.time", "data": {"all": "N"}}
_PUSH: dict[str, Any] = {"token": "0123456789abcdef", "kinds": {"1130": "zone.alarm", "1602": "alive", "x": "ignored"}}


def _push() -> Feed:
    pushes = [
        HttpPush(
            device("http_push"),
            HttpPush.Settings.model_validate({**_PUSH, "otherwise": "x.d", "paths": paths}),
            None,
            None,
        )
        for paths in (_PATHS, _XML, {"each": "events", "what": "code", "at": "time", "data": {"n": "n"}})
    ]

    def feed(body: bytes) -> None:
        found = read_push_body(body, None).documents
        for push in pushes:
            for piece in found:
                try:
                    recordable(*push._signals(piece, body))
                except BadInput:
                    continue

    return feed


_BODIES = [
    b"[" * 70 + b"]" * 70,
    b'{"event":{"code":"1130","zone":1,"serial":"77","time":"2026-11-22T08:00:00+08:00","message":"\xe5\x91\xa8"}}',
    b'{"events":[{"code":1130,"time":1795334400,"n":1.5},{"code":"x","time":1795334400000}],"event":{"time":"1"}}',
    b"event.code=1130&zone=3&code=x&message=%E5%91%A8&message=2",
    b"code=1",
    b'<?xml version="1.0" encoding="UTF-8"?><N xmlns="http://a/b" v="2.0"><type>1130</type><channel>3</channel></N>',
    b"<N><type>1130</type><time>2026-11-22T08:00:00</time><list><a>1</a><a>2</a></list></N>",
    '<?xml version="1.0" encoding="gb2312"?><N><type>防区</type></N>'.encode("gb2312"),
    (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/xml\r\nContent-Length: 24\r\n\r\n'
        b"<N><type>1130</type></N>\r\n--b\r\nContent-Type: image/pjpeg\r\n\r\n\xff\xd8\xff\xe0jpeg\r\n--b--\r\n"
    ),
    b'--b\nContent-Type: text/plain\n\nCode=VideoMotion;action=Start;data={\n"Id":[0]\n}\n--b\n\nHeartbeat\n--b--',
    b"Code=VideoMotion;action=Start;index=0\nCode=AlarmLocal;action=Stop;index=1\nHeartbeat",
]
_PARTS = (
    b"\\ud800",
    b"%ED%A0%80",
    b"&#55296;",
    b"<!DOCTYPE a>",
    b"<![CDATA[",
    b"]]>",
    b"&amp;",
    b"</N>",
    b"NaN",
    b"&",
    b"=",
    b"null",
    b"\r\n--b\r\n",
    b"--",
    b"Content-Length: 5",
    b"Content-Transfer-Encoding: base64",
    b"Code=",
    b";action=",
    b";data={",
)


def _login() -> Feed:
    pushes = PushRegistry()
    pushes.link(
        "d", PushSettings.model_validate({"token": "0123456789abcdef", "user": "u", "password": "p", "query": "key"})
    )

    def feed(header: bytes) -> None:
        text = header.decode("utf-8", "surrogateescape")
        pushes.authenticate("d", text, lambda _: text)
        pushes.authenticate(text, text, lambda _: None)
        nonce = pushes.challenges(stale=False)[0].partition('nonce="')[2].partition('"')[0]
        pushes.authenticate("d", f'Digest nonce="{nonce}", realm="anju", uri="/api/v1/push/d", {text}', lambda _: None)

    return feed


_LOGINS = (
    b"Bearer 0123456789abcdef",
    b"Basic " + base64.b64encode(b"u:p"),
    b"Basic " + base64.b64encode("u:密".encode()),
    b"basic x",
    b'Digest username="u", realm="anju", nonce="1-2-3", uri="/api/v1/push/d", qop=auth, nc=01, response="0"',
    b'username="u", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c", response="0"',
)


def subjects() -> Sequence[Subject]:
    return [
        Subject("http-push", _push, lambda: _BODIES, (BadInput,), whole=True, words=_PARTS),
        Subject("http-login", _login, lambda: _LOGINS, whole=True, words=(b"Bearer ", b"Basic ", b"====")),
    ]
