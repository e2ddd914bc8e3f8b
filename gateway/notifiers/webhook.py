"""A signed webhook, by Standard Webhooks 1.0.0: `v1,` and HMAC-SHA256 of `id.timestamp.body`.

The id stays at every retry and the stamp is new, so that a receiver recognises what it has. A 2xx is the receiver's
word that it has it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from gateway.model import Words
from gateway.notifier import Notification, Notifier, NotifierSettings, Receipt
from gateway.notifiers._event import event
from gateway.notifiers._http import Request, ask, check_status
from gateway.notifiers._robot import as_json
from gateway.settings.addresses import HttpAddress
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secret

_SERVICE = Words("Webhook 接收端", "the webhook's receiver")


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def _is_key(value: SecretStr) -> SecretStr:
    try:
        size = len(_key(value.get_secret_value()))
    except (binascii.Error, ValueError):
        size = 0
    if not 24 <= size <= 64:
        raise Wrong("this is no webhook secret", "write whsec_ and base64 of 24 to 64 random bytes")
    return value


def sign(secret: str, message_id: str, stamp: int, body: bytes) -> str:
    """The signature with one secret."""
    mac = hmac.new(_key(secret), f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


class WebhookSettings(NotifierSettings):
    """A receiver of Standard Webhooks. An event is of the type anju.notification, or anju.probe."""

    url: Annotated[HttpAddress, Field(description="the receiver's address; as !secret NAME when it holds a token")]
    secrets: Annotated[
        tuple[Annotated[Secret, AfterValidator(_is_key)], ...],
        Field(min_length=1, max_length=3, description="whsec_… as !secret NAME; the new one beside the old to change"),
    ]


class Webhook(Notifier):
    """Posts signed events."""

    Settings = WebhookSettings
    settings: WebhookSettings

    async def send(self, notification: Notification) -> Receipt:
        """See the contract."""
        return await self._post("anju.notification", notification)

    async def probe(self, notification: Notification) -> Receipt:
        """Post an event of the type anju.probe."""
        return await self._post("anju.probe", notification)

    async def _post(self, kind: str, notification: Notification) -> Receipt:
        at = time.time()  # receivers compare it with their wall clock, five minutes either way
        body, stamp = as_json(event(kind, notification, at)), int(at)
        secrets = [secret.get_secret_value() for secret in self.settings.secrets]
        headers = {
            "Content-Type": "application/json",
            "webhook-id": notification.id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": " ".join(sign(secret, notification.id, stamp, body) for secret in secrets),
        }
        request = Request(_SERVICE, "POST", self.settings.url, body, headers, {*secrets, self.settings.url})
        answer = await ask(request)
        check_status(request, answer)
        return Receipt(f"HTTP {answer.status}")


NOTIFIER = Webhook
