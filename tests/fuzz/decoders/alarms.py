"""Alarm panels over IP: DC-09 from the frame to the event, in the clear and encrypted; HTTP push; syslog."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from drivers.http_push import HttpPush
from drivers.syslog_lines import SyslogLines, _wanted
from gateway.errors import BadInput
from gateway.links.dc09 import events
from gateway.links.dc09.desk import Taken, judge
from gateway.links.dc09.frame import LONGEST, Decoder, Unreadable, wrap
from gateway.links.dc09.message import write_time
from gateway.links.dc09.repeats import Repeats
from gateway.links.http_push import Pushes, PushSettings
from gateway.links.mapping.bodies import format_of, read_tree
from gateway.links.syslog.message import read_message
from gateway.links.patterns import groups
from gateway.links.syslog.stream import LONGEST as LONGEST_LINE
from gateway.links.syslog.stream import Stream, TooLong
from gateway.model import Device, DeviceType, Signal
from tests.fuzz.subject import Feed, Subject, recordable

NOW = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
_KEYS = {"1111": b"A" * 16, "24AB": b"B" * 24, "AAAB": b"C" * 32, "1234": None}
_TIME = write_time(NOW)
_CLEAR = [
    b'"ADM-CID"0007R12L0#1234[#1234|1130 01 015]' + _TIME, b'"ADM-CID"0008L0#1234[#1234|3301 00 000][MAC0123]' + _TIME,
    b'"SIA-DCS"0009L0#1234[#1234|Nri1/BA015^hall^/FA2*x*/TR1|Atext][H07:59:50,11-22-2026][IZone 3][Kabc]' + _TIME,
    b'"SIA-DCS"9876R579BDFL789ABC#12345A[#12345A|NFA129]', b'"NULL"0000R0L0#1234[]', b'"SIA-DCS"0010L0[#1234|Nti19:44/id1/ri4/RP]',
    b'"NULL"0011R0L0#1111[]',
]  # fmt: skip
_SEALED = [
    (account, token, text + _TIME)
    for account in (b"1111", b"24AB", b"AAAB")
    for token, text in (
        (b"ADM-CID", b"|#%s|1130 01 015]" % account), (b"SIA-DCS", b"|#%s|Nri1/BA015^hall^/FA2][IZone 3]" % account),
        (b"NULL", b"|]"),
    )
]  # fmt: skip
_CODES = (b"Nri1/", b"1130 01 015", b"#1234|", b"][", b"]_08:00:00,11-22-2026", b"]_29:99:99,02-30-0000", b"|A", b"*", b"^", b"/")


def _dc09() -> Feed:
    decoder, repeats = Decoder(), Repeats()

    def feed(chunk: bytes) -> None:
        for item in decoder.feed(chunk) if chunk else decoder.close():
            verdict = None if isinstance(item, Unreadable) else judge(item, _KEYS, NOW)
            if isinstance(verdict, Taken):
                message = verdict.message
                repeats.is_new(message)
                for event in events.read(message) or [events.unread(message)]:
                    data, source = dict(event.data), f"{message.header.line}.{message.header.sequence}"
                    recordable(Signal(device="p", kind=event.kind, at=message.happened, source_id=source, data=data))
                assert verdict.ack(NOW).endswith(b"\r")
            elif verdict is not None:
                assert verdict.answer.endswith(b"\r")

    return feed


def _sealed(body: bytes) -> bytes:
    """`account token text` → its frame, encrypted with the account's key; padding that is the same for the same text."""
    account, token, text = body.split(b" ", 2)
    key = _KEYS.get(account.decode("latin-1")) or b"D" * 16
    encryptor = Cipher(AES(key), CBC(bytes(16))).encryptor()
    clear = b"p" * (16 - len(text) % 16) + text
    hexed = (encryptor.update(clear) + encryptor.finalize()).hex().upper().encode()
    return wrap(b'"*%s"0007L0#%s[%s' % (token, account, hexed))


def _device(kind: str) -> Device:
    return Device(id="d", kind=kind, type=DeviceType.PANEL, name="d", place="p")


_PATHS = {"what": "event.code", "zone": "event.zone", "id": "event.serial", "at": "event.time", "data": {"text": "event.message"}}
_XML = {"what": "N.type", "zone": "N.channel", "at": "N.time", "data": {"all": "N"}}
_PUSH: dict[str, Any] = {"token": "0123456789abcdef", "kinds": {"1130": "zone.alarm", "1602": "alive", "x": "ignored"}}


def _push() -> Feed:
    pushes = [
        HttpPush(_device("http_push"), HttpPush.Settings.model_validate({**_PUSH, "otherwise": "x.d", "paths": paths}), None, None)
        for paths in (_PATHS, _XML, {"each": "events", "what": "code", "at": "time", "data": {"n": "n"}})
    ]

    def feed(body: bytes) -> None:
        tree = read_tree(body, format_of("", body))
        for push in pushes:
            try:
                recordable(*(s for event in push._events(tree, body) if (s := push._signal(event, body))))
            except BadInput:
                continue

    return feed


_BODIES = [
    b'{"event":{"code":"1130","zone":1,"serial":"77","time":"2026-11-22T08:00:00+08:00","message":"\xe5\x91\xa8"}}',
    b'{"events":[{"code":1130,"time":1795334400,"n":1.5},{"code":"x","time":1795334400000}],"event":{"time":"1"}}',
    b"event.code=1130&zone=3&code=x&message=%E5%91%A8&message=2", b"code=1",
    b'<?xml version="1.0" encoding="UTF-8"?><N xmlns="http://a/b" v="2.0"><type>1130</type><channel>3</channel><time>2026-11-22T'
    b"08:00:00</time><list><a>1</a><a>2</a></list></N>",
    '<?xml version="1.0" encoding="gb2312"?><N><type>防区</type></N>'.encode("gb2312"),
]  # fmt: skip
_PARTS = (b"\\ud800", b"%ED%A0%80", b"&#55296;", b"<!DOCTYPE a>", b"<![CDATA[", b"]]>", b"&amp;", b"</N>", b"NaN", b"&", b"=", b"null")


def _login() -> Feed:
    pushes = Pushes()
    pushes.link("d", PushSettings.model_validate({"token": "0123456789abcdef", "user": "u", "password": "p", "query": "key"}))

    def feed(header: bytes) -> None:
        text = header.decode("utf-8", "surrogateescape")
        pushes.admit("d", text, lambda _: text)
        pushes.admit(text, text, lambda _: None)

    return feed


_LOGINS = (b"Bearer 0123456789abcdef", b"Basic " + base64.b64encode(b"u:p"), b"Basic " + base64.b64encode("u:密".encode()), b"basic x")


@lru_cache
def _lines_driver() -> SyslogLines:
    patterns = [
        {"match": r"Zone (?P<zone>\d+) alarm( by (?P<cause>\w+))?", "kind": "zone.alarm", "app": "alarmd"},
        {"match": "市电(断电|中断)", "kind": "panel.mains_lost"}, {"match": r"#(?P<id>\S*)", "kind": "x.d"},
        {"match": r"(?P<a>.*)fan(?P<b>(.|\s)*)", "kind": "device.faulted", "severity": ["critical", "notice"]},
    ]  # fmt: skip
    settings = SyslogLines.Settings.model_validate({"listen": "127.0.0.1:5514", "transport": ["tcp", "udp"], "patterns": patterns})
    return SyslogLines(_device("syslog_lines"), settings, None, None)


def _line(line: bytes) -> None:
    driver, message = _lines_driver(), read_message(line, ZoneInfo("Asia/Shanghai"), NOW)
    for pattern, each in driver._patterns:
        if found := pattern.search(message.text) if _wanted(each, message) else None:
            recordable(driver._signal(each, groups(found), message, None))


def _syslog() -> Feed:
    stream = Stream()

    def feed(chunk: bytes) -> None:
        for item in stream.feed(chunk) if chunk else stream.end():
            if not isinstance(item, TooLong):
                _line(item)

    return feed


_SYSLOG = [
    b"<34>1 2026-11-22T08:00:00.003Z host alarmd 12 ID47 [a@1 k=\"v\\\"\" z=\"\"][b] \xef\xbb\xbfZone 12 alarm by cut",
    b"<13>Nov 22 08:00:00 host alarmd[77]: Zone 3 alarm", b"<191>Feb 29 23:59:59 h fan failure #77", b"no header at all",
    "<10>Nov  2 08:00:00 ups 市电中断".encode("gb18030"), "<2>1 - - - - - - 市电断电".encode(),
]  # fmt: skip


def subjects() -> Sequence[Subject]:
    counted = [b"%d %s" % (len(line), line) for line in _SYSLOG]
    return [
        Subject("dc09", _dc09, lambda: _CLEAR, seal=wrap, words=_CODES, holds=2 * LONGEST + (64 << 10)),
        Subject("dc09-sealed", _dc09, lambda: [b" ".join(each) for each in _SEALED], seal=_sealed, words=_CODES),
        Subject("http-push", _push, lambda: _BODIES, (BadInput,), whole=True, words=_PARTS),
        Subject("http-login", _login, lambda: _LOGINS, whole=True, words=(b"Bearer ", b"Basic ", b"====")),
        Subject("syslog-lines", _syslog, lambda: [line + b"\n" for line in _SYSLOG], words=(b"\n", b"<"), holds=4 * LONGEST_LINE),
        Subject("syslog-counted", _syslog, lambda: counted, words=(b"\n", b"9 <", b"99999 <1"), holds=4 * LONGEST_LINE),
        Subject("syslog-datagrams", lambda: _line, lambda: _SYSLOG, whole=True, words=(b'[a b="', b'"]', b" - - - ", b"<999>")),
    ]
