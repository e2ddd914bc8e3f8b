"""A voice call through an HTTP gateway that is described in the YAML, which reads the text to whoever answers."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from gateway.model import Words
from gateway.notifiers._http_gateway import HttpGateway, HttpGatewaySettings


class VoiceCallSettings(HttpGatewaySettings):
    """As for sms_gateway; {{text}} is what is read out."""


class VoiceCall(HttpGateway):
    """One request a number. A call about something of an hour ago helps nobody."""

    Settings = VoiceCallSettings
    USEFUL_FOR: ClassVar[timedelta] = timedelta(hours=1)
    SERVICE: ClassVar[Words] = Words("语音网关", "the voice gateway")


NOTIFIER = VoiceCall
