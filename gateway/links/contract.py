"""The contract for links: what a driver is handed to reach its device. A third party can bring its own.

A driver names its link: `LINK = "serial"`. A name without a dot is one of the built-in links (see `registry.py`).
A name with dots is a module, as a driver's kind is; that module defines `LINK`, a subclass of `LinkFactory`:

    class PigeonLoft(LinkFactory["Pigeon"]):
        def make(self, request: LinkRequest) -> Pigeon:
            return Pigeon(request.settings.loft)

    LINK = PigeonLoft

One factory serves all devices whose drivers name it. It makes a link once for each device; the link outlives
restarts of the driver, so that what waits for the driver is not lost. Neither the factory's constructor nor `make`
may start work: a link opens its connection when the driver's `run` uses it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from gateway.limits import RefusalLog
from gateway.links.capture import Capture
from gateway.links.state_file import StateFile
from gateway.model import Words

Link = TypeVar("Link")


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """What a factory needs to make the link of one device.

    `settings` are the driver's Settings, which extend those of its link. `state_file` outlives a restart of the
    gateway. `refusals` counts connections and requests that the link refuses.
    """

    device: str
    settings: Any
    state_file: StateFile = field(default_factory=StateFile)
    refusals: RefusalLog = field(default_factory=RefusalLog)


@dataclass(frozen=True, slots=True)
class LinkHooks:
    """What a link may report while its driver need not be involved. All are called in the event loop."""

    heard: Callable[[], None]
    """The device is alive: bytes came, a keep-alive was answered."""
    returned: Callable[[], None]
    """A connection that several devices share is back; the device itself has not spoken yet."""
    refused: Callable[[None, Words], None]
    """The device was turned away, and why: a wrong token, a topic of another device. The first argument is None."""
    silent: Callable[[], Awaitable[None]]
    """The device is gone, though the link stands: its last will came due. Returns once that is on record."""


class LinkFactory(ABC, Generic[Link]):
    """Makes the links of one kind."""

    @abstractmethod
    def make(self, request: LinkRequest) -> Link:
        """The link of one device, which its driver gets as `self.link`.

        Raises LinkLost where there can be none now; the guard then sees why, and the other devices go on.
        """

    def connect(self, link: Link, hooks: LinkHooks) -> None:
        """Give `link` the hooks it is to call. Called before each start of the driver."""

    def capture(self, link: Link) -> Capture | None:  # noqa: ARG002  # for links that carry bytes
        """Where `anju capture` listens to what goes over `link`; None where there is nothing to listen to."""
        return None

    def unlink(self, device: str) -> None:
        """The device was removed from the YAML, or `make` is called for it again in this turn of the loop."""
