"""An HTTP gateway that is described in the YAML: its request, and what of its answer means success.

The gateway's acceptance is the last thing it confirms. Whether the handset has it comes later, if at all, and is not
asked for.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import jmespath
from pydantic import Field

from gateway.errors import BadInput, LoginRefused
from gateway.model import Words
from gateway.notifier import Busy, Notification, Notifier, NotifierSettings, Receipt
from gateway.notifiers._http import BUSY_S, Answer, Request, ask, check_status
from gateway.notifiers._template import RequestTemplate, Success, values_of


class HttpGatewaySettings(NotifierSettings):
    """An HTTP gateway. Placeholders: {{recipient}} {{message}} {{title}} {{text}} {{link}} {{id}} {{severity}}."""

    request: Annotated[RequestTemplate, Field(description="the request that sends one message")]
    probe: Annotated[RequestTemplate, Field(description="one that sends nothing, such as asking for the balance")]


class HttpGateway(Notifier):
    """One request a number."""

    Settings = HttpGatewaySettings
    settings: HttpGatewaySettings
    EACH_ALONE: ClassVar[bool] = True
    SERVICE: ClassVar[Words] = Words("HTTP 网关", "the HTTP gateway")

    async def send(self, notification: Notification) -> Receipt:
        """See the contract."""
        if not notification.recipients:
            raise BadInput(Words("没有号码", "there is no number to send to"), b"")
        return await self._ask(self.settings.request, notification)

    async def probe(self, notification: Notification) -> Receipt:
        """Send the probe's request."""
        return await self._ask(self.settings.probe, notification)

    async def _ask(self, template: RequestTemplate, notification: Notification) -> Receipt:
        url, headers, body = template.build(values_of(notification))
        hidden = {*template.secrets(), *notification.recipients}
        request = Request(self.SERVICE, template.method, url, body, headers, hidden)
        answer = await ask(request)
        check_status(request, answer)
        return _receipt(request, template.success, answer)


def _receipt(request: Request, success: Success, answer: Answer) -> Receipt:
    value = answer.json()
    code = _as_text(jmespath.search(success.field, value))
    if code in map(_as_text, success.equals):
        found = jmespath.search(success.reference, value) if success.reference else None
        return Receipt("" if found is None else _as_text(found)[:200])
    why = _as_text(jmespath.search(success.reason, value)) if success.reason else answer.text()
    said = request.quoted(f"{success.field} {code}: {why}")
    zh, en = request.service.zh, request.service.en
    if code in map(_as_text, success.busy):
        raise Busy(Words(f"{zh}正忙（{said}）", f"{en} is busy ({said})"), BUSY_S)
    if code in map(_as_text, success.login):
        raise LoginRefused(Words(f"{zh}不认账号（{said}）", f"{en} does not take our account ({said})"))
    raise BadInput(Words(f"{zh}拒收（{said}）", f"{en} refused it ({said})"), b"")


def _as_text(value: object) -> str:
    """0, "0" and 0.0 of JSON are one code; so are true and "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
