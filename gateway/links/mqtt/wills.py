"""The last wills of clients that went without DISCONNECT, and when each is due (5: 3.1.3.2.2)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from gateway.limits import first_of_largest
from gateway.links.mqtt.packets import Will
from gateway.links.mqtt.properties import Property
from gateway.links.mqtt.session import MAX_DETACHED, ClientSession

OnWill = Callable[[str, Will], None]
"""Account and will; returns at once."""
_Due = tuple[asyncio.TimerHandle, Callable[[], None]]


class WillScheduler:
    """Calls `on_will` when a will is due.

    The number of delayed wills is bounded: one more, and the oldest of the account that has the most is due early.
    """

    def __init__(self, on_will: OnWill) -> None:
        self._on_will = on_will
        self._delayed: OrderedDict[tuple[str, str], _Due] = OrderedDict()

    def schedule(self, session: ClientSession, will: Will) -> None:
        """Due at once, or when its delay or the session ends, whichever is first [MQTT5-3.1.3-9]."""
        key = session.account, session.client
        delay = min(will.properties.get(Property.WILL_DELAY, 0), session.expiry_s)
        if not delay:
            self._on_will(session.account, will)
            return

        def due() -> None:
            self.cancel(*key)
            self._on_will(session.account, will)

        self._delayed[key] = asyncio.get_running_loop().call_later(delay, due), due
        if len(self._delayed) > MAX_DETACHED:
            self._delayed[first_of_largest(self._delayed, lambda key: key[0])][1]()

    def cancel(self, account: str, client: str) -> None:
        """The client is back before its will was due."""
        delayed = self._delayed.pop((account, client), None)
        if delayed is not None:
            delayed[0].cancel()

    def close(self) -> None:
        """Drop all of them. The gateway stops, and can't know which clients come back meanwhile."""
        while self._delayed:
            self._delayed.popitem()[1][0].cancel()
