"""What the chat robots of WeCom and DingTalk have in common: HTTP 200 always, and an `errcode` that tells."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import SecretStr

from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words
from gateway.notifier import Busy
from gateway.notifiers._http import Request, ask, check_status
from gateway.settings.mend import Wrong


def key_alone(value: SecretStr) -> SecretStr:
    """Refuse a whole address where only the key belongs, without quoting it."""
    if "/" in value.get_secret_value() or "=" in value.get_secret_value():
        raise Wrong("this is a whole address", "write only what follows key= (WeCom) or access_token= (DingTalk)")
    return value


def as_json(value: Mapping[str, Any]) -> bytes:
    """Compact JSON in UTF-8: limits are in bytes, and escapes would count six for a character."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def clip(text: str, limit: int) -> str:
    """Cut to so many bytes of UTF-8 without splitting a character."""
    raw = text.encode()
    return text if len(raw) <= limit else raw[: limit - 3].decode(errors="ignore") + "…"


async def errcode_of(request: Request) -> tuple[int, str]:
    """Send it; returns `errcode` and `errmsg`, without our secrets. Raises LinkLost for an answer without them."""
    answer = await ask(request)
    check_status(request, answer)
    value = answer.json()
    code = value.get("errcode") if isinstance(value, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        zh, en = "的应答没有 errcode", "answered without an errcode: a proxy, or another address"
        raise LinkLost(Words(f"{request.service.zh}{zh}", f"{request.service.en} {en}"))
    return code, request.quoted(str(value.get("errmsg", "")))


def check_errcode(
    service: Words, code: int, message: str, *, refused: Collection[int], busy: Mapping[int, float]
) -> None:
    """Raise what the code means, unless it is 0. `busy`: seconds to leave the service alone, by code."""
    if code == 0:
        return
    said = f"errcode {code}: {message}"
    if code in busy:
        raise Busy(Words(f"{service.zh}限流（{said}）", f"{service.en} takes no more for now ({said})"), busy[code])
    if code in refused:
        raise LoginRefused(Words(f"{service.zh}不认密钥（{said}）", f"{service.en} does not take our key ({said})"))
    if code == -1:  # both services: "system busy"
        raise LinkLost(Words(f"{service.zh}正忙（{said}）", f"{service.en} is busy ({said})"))
    raise BadInput(Words(f"{service.zh}拒收（{said}）", f"{service.en} refused it ({said})"), b"")
