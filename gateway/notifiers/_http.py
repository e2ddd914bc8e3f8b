"""One HTTP request to a notification service, its faults in words that hold no address and no secret."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from gateway.errors import BadInput, LinkLost, LoginRefused
from gateway.model import Words
from gateway.notifier import Busy

TIMEOUT_S = 15.0
MAX_ANSWER_BYTES = 64 * 1024
BUSY_S = 60.0
_MAX_QUOTED = 200
HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Request:
    """`secrets` are texts that no error may quote. `service` names the receiver in errors."""

    service: Words
    method: str
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    secrets: Collection[str] = ()
    timeout_s: float = TIMEOUT_S

    def quoted(self, text: str) -> str:
        """What the service said, short and without the secrets that it may have echoed."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            if secret:
                text = text.replace(secret, HIDDEN)
        return " ".join(text.split())[:_MAX_QUOTED]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of any status."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")


async def ask(request: Request) -> Answer:
    """Send it; redirects are not followed, since the address may hold a secret. Raises LinkLost."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=request.timeout_s)) as session,
            session.request(
                request.method,
                request.url,
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
            ) as response,
        ):
            return Answer(response.status, await response.content.read(MAX_ANSWER_BYTES))
    except TimeoutError as error:
        raise LinkLost(_words(request, "没有应答", f"did not answer within {request.timeout_s:g} s")) from error
    except (aiohttp.ClientError, ValueError) as error:
        # Only the kind of error: its text may hold the whole address, and with it the key.
        raise LinkLost(_words(request, "连不上", f"can't be reached ({_reason(error)})")) from None


def check_status(request: Request, answer: Answer) -> None:
    """Raise what an HTTP status means when it is no success."""
    said = request.quoted(answer.text())
    status = f"HTTP {answer.status}" + (f": {said}" if said else "")
    if answer.status in {401, 403}:
        raise LoginRefused(_words(request, f"不认密钥（{status}）", f"does not take our credentials ({status})"))
    if answer.status == 429:
        raise Busy(_words(request, "限流", f"says that too much was sent ({status})"), BUSY_S)
    if answer.status >= 500 or answer.status == 408:
        raise LinkLost(_words(request, f"出错（{status}）", f"has a fault ({status})"))
    if answer.status >= 300:
        raise BadInput(_words(request, f"拒收（{status}）", f"refused it ({status})"), b"")


def _words(request: Request, zh: str, en: str) -> Words:
    return Words(f"{request.service.zh}{zh}", f"{request.service.en} {en}")


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.strerror:
        return error.os_error.strerror
    return type(error).__name__
