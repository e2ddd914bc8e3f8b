"""SMS through an HTTP gateway that is described in the YAML."""

from __future__ import annotations

from typing import ClassVar

from gateway.model import Words
from gateway.notifiers._http_gateway import HttpGateway, HttpGatewaySettings


class SmsGatewaySettings(HttpGatewaySettings):
    """A request a number. Placeholders: {{recipient}} {{message}} {{title}} {{text}} {{link}} {{id}} {{severity}}."""


class SmsGateway(HttpGateway):
    """One request a number."""

    Settings = SmsGatewaySettings
    SERVICE: ClassVar[Words] = Words("短信网关", "the SMS gateway")


NOTIFIER = SmsGateway
