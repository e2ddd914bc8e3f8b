"""The contract of a notifier: one channel by which people outside the guard room are told of an alert."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from gateway.errors import LinkLost
from gateway.model import Command, Json, Severity, Text, Words

Language = Literal["zh", "en", "both"]


class NotifierSettings(BaseModel):
    """What the YAML may say about a notifier of this kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is to be said. It holds no picture, and no personal data beyond what the YAML allows for this notifier.

    `id` is the same at every retry, so that a service that recognises it delivers once. `recipients` are addresses of
    the channel: phone numbers, user ids; empty for a channel with a fixed receiver. `link` opens the incident in the
    guard room, None when there is none. `language` is the one that the YAML chose for this notifier.
    """

    id: str
    severity: Severity
    title: Words
    text: Words
    recipients: Sequence[str] = ()
    link: str | None = None
    language: Language = "zh"

    def said_title(self) -> str:
        """The title in the notifier's language."""
        return _said(self.title, self.language, " / ")

    def said_text(self) -> str:
        """The text in the notifier's language, without title and link."""
        return _said(self.text, self.language, "\n")

    def said(self) -> str:
        """Title, text and link, each on a line of its own, in the notifier's language."""
        return "\n".join(part for part in (self.said_title(), self.said_text(), self.link) if part)


def _said(words: Words, language: Language, between: str) -> str:
    if language == "both" and words.zh != words.en:
        return f"{words.zh}{between}{words.en}"
    return words["zh" if language == "both" else language]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the service answered: its own id of the message, for whoever asks it later; empty when it gives none.

    `refused` are recipients that the service did not take, while it took the others.
    """

    reference: str = ""
    refused: Sequence[str] = ()


class Busy(LinkLost):
    """The service asks to be left alone for some seconds: its own rate limit is used up."""

    def __init__(self, why: Text, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class CommandAccess(Protocol):
    """The compound's devices, for notifiers that tell by one of them: a siren, a light, a modem."""

    async def perform(self, command: Command) -> Json:
        """Record the command and have the device carry it out, once. Raises LinkLost or CommandFailed."""
        ...

    def fault(self, device: str, action: str, *, strict: bool = False) -> Words | None:
        """Why the device can't take this command now; None when it may. `strict`: None only when it is online."""
        ...


class NoDevices:
    """Stands for the devices where none can be reached."""

    async def perform(self, command: Command) -> Json:
        """Raise LinkLost."""
        raise LinkLost(self.fault(command.device, command.action))

    def fault(self, device: str, action: str, *, strict: bool = False) -> Words:  # noqa: ARG002  # none can
        """Why no device can be reached."""
        return Words(f"网关没有运行，无法指挥 {device}", f"{device} can't be told to {action}: no gateway runs")


class Notifier(ABC):
    """Sends, and nothing else. Whoever calls it retries, limits the rate and reports what could not be delivered."""

    Settings: ClassVar[type[NotifierSettings]] = NotifierSettings
    EACH_ALONE: ClassVar[bool] = False
    """Whether each recipient needs a message of its own: then `recipients` never holds more than one."""
    USEFUL_FOR: ClassVar[timedelta] = timedelta(days=1)
    """A notification older than this is not sent any more, and is reported as undelivered."""

    def __init__(self, name: str, settings: Any, devices: CommandAccess | None = None) -> None:
        self.name = name
        self.settings = settings
        self.devices: CommandAccess = devices or NoDevices()

    @abstractmethod
    async def send(self, notification: Notification) -> Receipt:
        """Return once the service has accepted it.

        Raises LinkLost when the service can't be reached or is busy (it is tried again), LoginRefused when it does not
        take our credentials, BadInput when it refuses this notification for good (a wrong number, a text too long).
        """

    async def probe(self, notification: Notification) -> Receipt:
        """Prove that a notification would be accepted now, up to the last hop that confirms anything.

        The outbox calls it when nothing was sent for a while. `notification` says that it is a test; by default it is
        sent. Where the service can be asked without disturbing anybody, override this. Raises as `send`.
        """
        return await self.send(notification)
