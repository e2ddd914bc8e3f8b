"""What clients leave behind to be said if they go without a goodbye, and when it is due (5: 3.1.3.2.2)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from gateway.limits import first_of_largest
from gateway.links.mqtt.packets import Will
from gateway.links.mqtt.properties import Property
from gateway.links.mqtt.session import MAX_DETACHED, ClientSession

Say = Callable[[str, Will], None]
"""Account and will; returns at once."""
_Due = tuple[asyncio.TimerHandle, Callable[[], None]]


class WillScheduler:
    """Those that wait for their client to come back are bounded in number: the longest waiting is said early,
    of the account that has the most of them.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._due: OrderedDict[tuple[str, str], _Due] = OrderedDict()

    def leave(self, session: ClientSession, will: Will) -> None:
        """It is due at once, or once its delay or the session is over, whichever is first [MQTT5-3.1.3-9]."""
        key = session.account, session.client
        delay = min(will.properties.get(Property.WILL_DELAY, 0), session.keep)
        if not delay:
            self._say(session.account, will)
            return

        def now() -> None:
            self.forget(*key)
            self._say(session.account, will)

        self._due[key] = asyncio.get_running_loop().call_later(delay, now), now
        if len(self._due) > MAX_DETACHED:
            self._due[first_of_largest(self._due, lambda key: key[0])][1]()

    def forget(self, account: str, client: str) -> None:
        """The client is back before its will was due: it is not said."""
        due = self._due.pop((account, client), None)
        if due is not None:
            due[0].cancel()

    def close(self) -> None:
        """The gateway stops, and knows nothing of who comes back meanwhile."""
        while self._due:
            self._due.popitem()[1][0].cancel()
