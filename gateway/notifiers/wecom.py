"""WeCom (企业微信) group robot, since 2025 called 消息推送: developer.work.weixin.qq.com/document/path/99110.

The key in the address is the only secret. HTTP is 200 always; errcode 0 means that WeCom took the message, and nothing
proves more than that.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field

from gateway.errors import LinkLost
from gateway.model import Words
from gateway.notifier import Notification, Notifier, NotifierSettings, Receipt
from gateway.notifiers._http import Request
from gateway.notifiers._robot import as_json, check_errcode, clip, errcode_of, key_alone
from gateway.settings.addresses import HttpAddress
from gateway.settings.secrets import Secret

_SERVICE = Words("企业微信", "WeCom")
_BYTES = {"text": 2048, "markdown": 4096}
_REFUSED = frozenset({93000})  # invalid webhook url
_BUSY = {45009: 60.0}  # api freq out of limit: 20 a minute
_BAD_TYPE = 40008


class WecomSettings(NotifierSettings):
    """A group robot of WeCom. Recipients are mobile numbers that are mentioned (@) in a text."""

    key: Annotated[Secret, AfterValidator(key_alone), Field(description="what follows key= in the robot's address")]
    format: Annotated[
        Literal["text", "markdown"], Field(description="text: at most 2048 bytes; markdown: 4096, mentions nobody")
    ] = "text"
    probe: Annotated[
        Literal["quiet", "message"],
        Field(description="quiet: a request that WeCom refuses for its form and nobody sees; message: a line"),
    ] = "quiet"
    base: Annotated[HttpAddress, Field(description="another address of the service, such as a proxy's")] = (
        "https://qyapi.weixin.qq.com"
    )


class Wecom(Notifier):
    """Posts to the robot of a group."""

    Settings = WecomSettings
    settings: WecomSettings

    async def send(self, notification: Notification) -> Receipt:
        """See the contract."""
        kind = self.settings.format
        content: dict[str, Any] = {"content": clip(notification.said(), _BYTES[kind])}
        if kind == "text" and notification.recipients:
            content["mentioned_mobile_list"] = list(notification.recipients)
        code, message = await errcode_of(self._request({"msgtype": kind, kind: content}))
        check_errcode(_SERVICE, code, message, refused=_REFUSED, busy=_BUSY)
        return Receipt()

    async def probe(self, notification: Notification) -> Receipt:
        """Ask with a type of message that does not exist: 40008 says that address and key led to a robot."""
        if self.settings.probe == "message":
            return await self.send(notification)
        code, message = await errcode_of(self._request({"msgtype": "anju_probe"}))
        if code == _BAD_TYPE:
            return Receipt()
        check_errcode(_SERVICE, code, message, refused=_REFUSED, busy=_BUSY)
        raise LinkLost(Words("企业微信对检测的应答不明", "WeCom took a probe that is no message: is this WeCom?"))

    def _request(self, body: dict[str, Any]) -> Request:
        key = self.settings.key.get_secret_value()
        url = f"{self.settings.base.rstrip('/')}/cgi-bin/webhook/send?key={quote(key, safe='')}"
        return Request(_SERVICE, "POST", url, as_json(body), {"Content-Type": "application/json"}, {key})


NOTIFIER = Wecom
