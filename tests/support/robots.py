"""A local server that judges messages as WeCom, DingTalk, an SMS gateway and a receiver of webhooks do.

It refuses what they refuse (keys, signatures, stamps, keywords, lengths, rates) in their words, and keeps what it took.
The signature of DingTalk is written anew here from its documentation; webhooks are judged by `standardwebhooks`.
"""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

WECOM_KEY = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"
DING_TOKEN, DING_SECRET = "b955aa9af0ffb73500ce4a", "SEC000000000000000000000"
HOOK_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SMS_ACCOUNT = "account-4711"
_WECOM_BYTES = {"text": 2048, "markdown": 4096}


@dataclass
class Robots:
    """`taken`: (service, body) of what was accepted. `status`, `words`: answer this to everything instead."""

    url: str = ""
    keyword: str = ""
    per_minute: int = 20
    clock: Callable[[], float] = time.time
    status: int | None = None
    words: dict[str, Any] | None = None
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def of(self, service: str) -> list[dict[str, Any]]:
        return [body for name, body in self.taken if name == service]

    async def answer(self, request: web.Request) -> web.Response:
        raw = await request.read()
        self.asked.append((request.path_qs, raw))
        if self.status is not None:
            return web.Response(status=self.status, text="out of order")
        if self.words is not None:
            return web.json_response(self.words)
        judge = {
            "/cgi-bin/webhook/send": self._wecom,
            "/robot/send": self._dingtalk,
            "/hook": self._webhook,
            "/sms": self._sms,
            "/balance": self._balance,
        }[request.path]
        status, words = judge(request, raw)
        return web.json_response(words, status=status)

    def _wecom(self, request: web.Request, raw: bytes) -> tuple[int, dict[str, Any]]:
        if request.query.get("key") != WECOM_KEY:
            return 200, {"errcode": 93000, "errmsg": f"invalid webhook url, hint: [{request.query.get('key')}]"}
        body = json.loads(raw)
        kind = body.get("msgtype")
        if kind not in _WECOM_BYTES:
            return 200, {"errcode": 40008, "errmsg": "invalid message type"}
        if not 0 < len(body[kind]["content"].encode()) <= _WECOM_BYTES[kind]:
            return 200, {"errcode": 40058, "errmsg": "content exceed max length"}
        return self._take("wecom", body, 45009, "api freq out of limit")

    def _dingtalk(self, request: web.Request, raw: bytes) -> tuple[int, dict[str, Any]]:
        if request.query.get("access_token") != DING_TOKEN:
            return 200, {"errcode": 300001, "errmsg": "token is not exist"}
        stamp = request.query.get("timestamp", "")
        text = stamp + "\n" + DING_SECRET
        want = base64.b64encode(hmac.digest(DING_SECRET.encode(), text.encode(), "sha256")).decode()
        if not hmac.compare_digest(want, request.query.get("sign", "")):
            return 200, {"errcode": 310000, "errmsg": "sign not match"}
        if abs(self.clock() - int(stamp) / 1000) > 3600:
            return 200, {"errcode": 310000, "errmsg": "invalid timestamp"}
        body = json.loads(raw)
        if self.keyword not in body["text"]["content"]:
            return 200, {"errcode": 310000, "errmsg": "keywords not in content"}
        return self._take("dingtalk", body, 130101, "send too fast, exceed 20 times per minute")

    def _webhook(self, request: web.Request, raw: bytes) -> tuple[int, dict[str, Any]]:
        try:
            body = Webhook(HOOK_SECRET).verify(raw, dict(request.headers))
        except WebhookVerificationError as error:
            return 401, {"error": str(error)}
        self.ids.append(request.headers["webhook-id"])
        self.taken.append(("webhook", body))
        return 200, {}

    def _sms(self, request: web.Request, raw: bytes) -> tuple[int, dict[str, Any]]:
        if request.headers.get("X-Account") != SMS_ACCOUNT:
            return 200, {"code": "1010", "msg": f"no such account {request.headers.get('X-Account')}"}
        body = json.loads(raw)
        if not body["mobile"].isdigit():
            return 200, {"code": "2004", "msg": f"bad mobile {body['mobile']}"}
        self.taken.append(("sms", body))
        return 200, {"code": "0", "msg": "ok", "data": {"sid": f"s-{len(self.taken)}"}}

    def _balance(self, request: web.Request, _raw: bytes) -> tuple[int, dict[str, Any]]:
        return 200, {"code": 0 if request.headers.get("X-Account") == SMS_ACCOUNT else 1010, "balance": 12}

    def _take(self, service: str, body: dict[str, Any], code: int, words: str) -> tuple[int, dict[str, Any]]:
        if len(self.of(service)) >= self.per_minute:
            return 200, {"errcode": code, "errmsg": words}
        self.taken.append((service, body))
        return 200, {"errcode": 0, "errmsg": "ok"}


@asynccontextmanager
async def robots(port: int = 0) -> AsyncIterator[Robots]:
    """Serve on loopback."""
    judge = Robots()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", judge.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        judge.url = "http://{}:{}".format(*runner.addresses[0][:2])
        yield judge
    finally:
        await runner.cleanup()


def entries(url: str) -> dict[str, dict[str, Any]]:
    """Right entries of desk.yaml for this server, by kind."""
    success = {"field": "code", "equals": ["0"], "login": ["1010"], "busy": ["5000"], "reason": "msg"}
    account = {"X-Account": SMS_ACCOUNT}
    sms = {
        "request": {
            "url": f"{url}/sms",
            "headers": account,
            "json": {"mobile": "{{recipient}}", "content": "{{message}}", "out_id": "{{id}}"},
            "success": {**success, "reference": "data.sid"},
        },
        "probe": {"url": f"{url}/balance", "method": "GET", "headers": account, "success": success},
    }
    return {
        "wecom": {"kind": "wecom", "key": WECOM_KEY, "base": url},
        "dingtalk": {"kind": "dingtalk", "token": DING_TOKEN, "secret": DING_SECRET, "base": url},
        "webhook": {"kind": "webhook", "url": f"{url}/hook", "secrets": [HOOK_SECRET]},
        "sms_gateway": {"kind": "sms_gateway", **sms},
        "voice_call": {"kind": "voice_call", **sms},
    }
