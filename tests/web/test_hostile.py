"""Every route with values nobody means well by, as every role: an answer in words, and never a 500."""

from __future__ import annotations

import asyncio
import json
import re
from itertools import islice
from urllib.parse import quote, urlsplit

import pytest
import structlog

from gateway.model import Role
from gateway.web import route_handler
from tests.web.conftest import world

TEXTS = (
    *("", " ", "0", "-1", "1e26", "1" + "0" * 26, "9" * 5000, "1e400", "NaN", "Infinity", "0x10", "٣", "1_000", "1.0"),
    *("true", "null", "[]", "{}", "../../etc/passwd", "..", ".", "%", "%%", "\u202e", "'; DROP TABLE alerts; --"),
    *("x" * 3000, "\x7f", "a/b", "a b", "café", "三号楼", "\U0001f525", "east-cam", "east-door", "home-1502"),
)
ENCODED = (*(quote(text, safe="") for text in TEXTS), "%00", "%ED%A0%80", "%ff%fe", "%C0%AF", "%2e%2e%2f", "a%00b")
VALUES = (
    *('""', '"x"', "0", "-1", "1.5", "true", "null", "[]", "{}", "[[]]", '{"a": 1}'),
    *("1e26", "1" + "0" * 26, "-" + "9" * 5000, "1e400", "-1e400", "NaN", "Infinity", "-Infinity"),
    *('"\\ud800"', '"\\ud83d"', '"\\u0000"', '{"\\ud800": 1}', '{"a": 1, "a": 2}', '["\\udfff"]'),
    *("[" * 500 + "]" * 500, '{"a":' * 100 + "1" + "}" * 100, json.dumps("x" * 3000), '"\U0001f525"', '"三号楼"'),
)
BODIES = (b"", b"{", b"nul", b"\xff\xfe", b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"\x00", b"[" * 16_000)
HEADERS = (
    *("Authorization: Bearer anju_\xff", "Authorization: Basic \xff", "Authorization: Bearer anju_" + "x" * 4000),
    *("Authorization: ", "Authorization: Digest x", "Cookie: anju_session=\xff", "Cookie: anju_session=\ud800"),
    *("Cookie: ;;==;", "Accept-Language: \xff;q=\xff", "Accept-Language: zh;q=1e400, en;q=NaN", "Range: bytes=\xff-"),
    *("Range: bytes=-99999999999999999999999999", "Range: bytes=5-1", "If-Modified-Since: \xff", "If-Range: \xff"),
    *("If-None-Match: \xff", "Origin: http://[", "Origin: \xff", "Sec-Fetch-Site: \xff", "X-Forwarded-For: \xff"),
    *(
        "X-Forwarded-For: ::ffff:1.2.3.4%\xff",
        "X-Forwarded-Proto: \xff",
        "Content-Type: application/json; charset=\xff",
    ),
    *(
        "Content-Type: multipart/form-data; boundary=\xff",
        "Content-Type: multipart/form-data",
        "Content-Encoding: gzip",
    ),
    *("Upgrade: websocket", "Expect: 100-continue", "Transfer-Encoding: chunked"),
)
CLIENTS, SHARE = 4, 4


class Raw:
    """HTTP by hand: what a client library would not send."""

    def __init__(self, url: str, token: str | None) -> None:
        self._at = urlsplit(url)
        self._token = token

    async def ask(self, method: str, path: str, body: bytes | None = None, *headers: str) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection(self._at.hostname, self._at.port)
        try:
            lines = [f"{method} {path} HTTP/1.1", "Connection: close", *headers]
            if not any(header.startswith("Host") for header in headers):
                lines.append("Host: anju")
            if self._token and not any(header.startswith("Authorization") for header in headers):
                lines.append(f"Authorization: Bearer {self._token}")
            if body is not None:
                lines.append(f"Content-Length: {len(body)}")
                if not any(header.startswith("Content-Type") for header in headers):
                    lines.append("Content-Type: application/json")
            head = "\r\n".join(lines) + "\r\n\r\n"
            writer.write(head.encode("latin-1", "replace") + (body or b""))
            async with asyncio.timeout(20):
                return await _answer(reader)
        finally:
            writer.transport.abort()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    """The status and the beginning of the answer; of a WebSocket and of an unfinished body only the status."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0, "hung up"
    status = int(head.split()[1])
    return status, "" if status == 101 else (await reader.read(2000)).decode(errors="replace")


@pytest.fixture
async def anju(tmp_path, monkeypatch):
    """Without a word of the log for each of some thousand requests."""
    monkeypatch.setattr(
        route_handler, "log", structlog.get_logger(wrapper_class=structlog.make_filtering_bound_logger(30))
    )
    (tmp_path / "console").mkdir()
    (tmp_path / "console" / "index.html").write_text("<!doctype html>")
    async with world(tmp_path / "data", console=tmp_path / "console") as made:
        yield made


@pytest.fixture
async def routes(anju, open_client):
    client = await open_client()
    async with client.get("/api/v1/openapi.json") as answer:
        document = await answer.json()
    schemas = document["components"]["schemas"]
    found = []
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            query = [each["name"] for each in said["parameters"] if each["in"] == "query"]
            content = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            model = schemas.get(content.get("$ref", "").rpartition("/")[2], {})
            found.append((said["x-roles"], method.upper(), path, query, list(model.get("properties", {}))))
    plates = await anju.door_plates.issue(["b3/u1/1502"], anju.now)
    return [
        *found,
        (["public"], "GET", "/d/{token}", ["lang", "sent"], []),
        (["public"], "POST", "/d/{token}", ["lang"], ["category", "text", "nonce", "photo"]),
        (["public"], "GET", f"/d/{plates[0].token}", ["lang", "sent"], []),
        (["public"], "POST", f"/d/{plates[0].token}", ["lang"], ["category", "text", "nonce", "photo"]),
        (["public"], "GET", "/c/{token}", ["lang", "done", "found"], []),
        (["public"], "GET", "/c/", ["lang", "shell"], []),
        (["public"], "POST", "/c/{token}", ["lang"], ["key"]),
        (["public"], "POST", "/c/{token}/finding", ["lang"], ["key", "text", "photo"]),
        (["public"], "POST", "/c/sign-in", ["lang"], ["user", "password", "back"]),
        (["public"], "POST", "/c/sign-out", ["lang"], ["back"]),
        (["public"], "GET", "/static/{mark}/{name}", [], []),
        (["public"], "GET", "/{path}", ["x"], []),
        (["public"], "GET", "/assets/{path}", [], []),
    ]


def _attacks(method, path, query, fields):
    body = None if method == "GET" else b"{}"
    parts = re.compile(r"{(\w+)[^}]*}")
    filled = parts.sub("east-door", path)
    if parts.search(path):
        for each in ENCODED:
            yield method, parts.sub(lambda _, each=each: each, path), body
    for name in (*query, "nobody"):
        yield from ((method, f"{filled}?{name}={each}", body) for each in ENCODED)
        yield method, f"{filled}?{name}=1&{name}=2", body
    for header in HEADERS:
        yield method, filled, body, header
    if body is not None:
        for each in (*BODIES, *(value.encode() for value in VALUES)):
            yield method, filled, each
        for name in fields:
            yield from ((method, filled, f"{{{json.dumps(name)}: {value}}}".encode()) for value in VALUES)


@pytest.mark.parametrize("role", [*Role, None], ids=str)
async def test_no_value_breaks_a_route(anju, routes, role):
    """Those it may use; of the others one look each. The roles share the values: all of them would take minutes."""
    token = await anju.users.issue_token(role.value, anju.now) if role else None
    mine = role.value if role else "public"
    every = [
        attack
        for roles, *route in routes
        for attack in islice(_attacks(*route), None if mine in roles or "device" in roles else 1)
    ]
    attacks = iter(every[[*Role, None].index(role) % SHARE :: SHARE])
    broken = []

    async def attack():
        raw = Raw(anju.url, token)
        for method, path, body, *headers in attacks:
            try:
                status, text = await raw.ask(method, path, body, *headers)
            except TimeoutError:
                status, text = 504, "no answer"
            if status >= 500:
                broken.append((status, method, path[:200], (body or b"")[:80], headers, text[:100]))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CLIENTS):
            tasks.create_task(attack())
    assert not broken, f"{len(broken)}: {broken[:10]}"


@pytest.mark.parametrize(
    "body",
    [
        f'{{"action": "unlock", "arguments": {{"seconds": {value}}}}}'
        for value in ("1e400", "NaN", '"\\ud800"', "1" + "0" * 26, '{"a": 1, "a": 2}', "[" * 40 + "]" * 40)
    ],
)
async def test_a_command_that_no_device_could_read_is_refused_in_words(anju, open_client, body):
    client = await open_client("guard")
    for language in ("zh", "en"):
        headers = {"Content-Type": "application/json", "Accept-Language": language}
        path = "/api/v1/devices/east-door/commands"
        async with client.post(path, data=body.encode(), headers=headers) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"]["message"]
    assert anju.ordered == []


@pytest.mark.parametrize("path", ["signals", "quarantine", "live"])
async def test_a_number_larger_than_any_row_is_refused(anju, open_client, path):
    client = await open_client("manager")
    for number in ("1" + "0" * 26, str(2**63), "9" * 5000):
        async with client.get(f"/api/v1/{path}?after={number}") as answer:
            assert answer.status == 400
            assert "after" in (await answer.json())["error"]["message"]
    assert anju.url
