"""DingTalk (钉钉) custom robot, signed: open.dingtalk.com, "自定义机器人安全设置".

The secret is the signature's key; the text is the stamp in milliseconds, a line end, the secret. Both stand in the
query. HTTP is 200 always; errcode 0 means that DingTalk took it. More than 20 a minute blocks it for ten minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import AfterValidator, Field

from gateway.model import Words
from gateway.notifier import Notification, Notifier, NotifierSettings, Receipt
from gateway.notifiers._http import Request
from gateway.notifiers._robot import as_json, check_errcode, clip, errcode_of, key_alone
from gateway.settings.addresses import HttpAddress
from gateway.settings.secrets import Secret

_SERVICE = Words("钉钉", "DingTalk")
_MAX_BYTES = 15_000
"""DingTalk documents 20,000 bytes for the whole body."""
_REFUSED = frozenset({300001, 300005, 310000})  # no such token; signature, keyword, stamp or address not right
_BUSY = {130101: 600.0}


def sign(secret: str, stamp_ms: int) -> str:
    """The signature for a time in milliseconds."""
    mac = hmac.new(secret.encode(), f"{stamp_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(mac).decode()


class DingtalkSettings(NotifierSettings):
    """A custom robot of DingTalk. Recipients are mobile numbers that are mentioned (@)."""

    token: Annotated[Secret, AfterValidator(key_alone), Field(description="what follows access_token= in its address")]
    secret: Annotated[Secret | None, Field(description="加签: the secret that begins with SEC")] = None
    keyword: Annotated[
        str, Field(max_length=20, description="自定义关键词: put in front of messages that do not contain it")
    ] = ""
    base: Annotated[HttpAddress, Field(description="another address of the service, such as a proxy's")] = (
        "https://oapi.dingtalk.com"
    )


class Dingtalk(Notifier):
    """Posts to the robot of a group. Nothing but a message proves that it works, so a probe is a message."""

    Settings = DingtalkSettings
    settings: DingtalkSettings

    async def send(self, notification: Notification) -> Receipt:
        """See the contract."""
        text, keyword = notification.said(), self.settings.keyword
        lines = [] if keyword in text else [keyword]
        lines += [text, *(f"@{mobile}" for mobile in notification.recipients)]
        body: dict[str, Any] = {
            "msgtype": "text",
            "text": {"content": clip("\n".join(lines), _MAX_BYTES)},
            "at": {"atMobiles": list(notification.recipients), "isAtAll": False},
        }
        code, message = await errcode_of(self._request(body))
        check_errcode(_SERVICE, code, message, refused=_REFUSED, busy=_BUSY)
        return Receipt()

    def _request(self, body: dict[str, Any]) -> Request:
        token, secret = self.settings.token.get_secret_value(), self.settings.secret
        query: dict[str, str] = {"access_token": token}
        if secret:
            stamp = int(time.time() * 1000)  # DingTalk compares it with its own wall clock, one hour either way
            query |= {"timestamp": str(stamp), "sign": sign(secret.get_secret_value(), stamp)}
        url = f"{self.settings.base.rstrip('/')}/robot/send?{urlencode(query)}"
        hidden = {token, *([secret.get_secret_value()] if secret else [])}
        return Request(_SERVICE, "POST", url, as_json(body), {"Content-Type": "application/json"}, hidden)


NOTIFIER = Dingtalk
