"""The contract of a notifier: one channel by which people outside the guard room are told of an alert."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from gateway.model import Severity, Words


class NotifierSettings(BaseModel):
    """What the YAML may say about a notifier of this kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is to be said. It names no resident and holds no picture: it leaves the compound.

    `id` is the same at every retry, so that a service that recognises it delivers once. `recipients` are addresses of
    the channel: phone numbers, user ids; empty for a channel with a fixed receiver. `link` opens the alert in the guard
    room, None when `public_url` is not set.
    """

    id: str
    severity: Severity
    title: Words
    text: Words
    recipients: Sequence[str] = ()
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the service answered: its own id of the message, for whoever asks it later; empty when it gives none."""

    reference: str = ""


class Notifier(ABC):
    """Sends, and nothing else. Whoever calls it retries, limits the rate and reports what could not be delivered."""

    Settings: ClassVar[type[NotifierSettings]] = NotifierSettings

    def __init__(self, name: str, settings: Any) -> None:
        self.name = name
        self.settings = settings

    @abstractmethod
    async def send(self, notification: Notification) -> Receipt:
        """Return once the service has accepted it.

        Raises LinkLost when the service can't be reached or is busy (it is tried again), LoginRefused when it does not
        take our credentials, BadInput when it refuses this notification for good (a wrong number, a text too long).
        """
