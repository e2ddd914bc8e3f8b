"""Which device a topic belongs to, within its account. Nothing is routed from one device to another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from gateway.errors import LinkLost
from gateway.links.mqtt.delivery import Delivery, PendingDeliveries
from gateway.links.mqtt.link import RoutedLink
from gateway.links.mqtt.topics import covers, matches
from gateway.model import Words

K = TypeVar("K")
DEVICE_TOPICS = ("signal", "result", "status")
GATEWAY_TOPICS = ("command", "ack")


def own_topics(device: str, words: Iterable[str]) -> list[str]:
    """Topics of our own format, `anju/v1/<device>/<word>`."""
    return [f"anju/v1/{device}/{word}" for word in words]


class Router:
    """Claims of links, by account. `unclaimed` gets what nobody will ever claim.

    A claim outlives the driver that made it: while a driver is away its messages wait in its link's
    room. What no link has claimed waits too, as long as a link of its account has not yet said its topics.
    """

    def __init__(self, new_room: Callable[[], PendingDeliveries], unclaimed: Callable[[Delivery], None]) -> None:
        self._new_room = new_room
        self._unclaimed = unclaimed
        self._links: dict[str, list[RoutedLink]] = {}
        self._exact: dict[tuple[str, str], RoutedLink] = {}
        self._wild: dict[str, dict[str, RoutedLink]] = {}
        self._early: dict[str, PendingDeliveries] = {}

    def add(self, link: RoutedLink) -> None:
        """A link of an account, with the topics of our own format as its first claims."""
        self._links.setdefault(link.account, []).append(link)
        self._claim(link, own_topics(link.device, DEVICE_TOPICS))

    def remove(self, device: str) -> None:
        """Its claims end. What waited for it is routed again in the loop's next turn: a successor may be there."""
        loop = asyncio.get_running_loop()
        for link in [link for links in self._links.values() for link in links if link.device == device]:
            self._links[link.account].remove(link)
            _forget(self._exact, link)
            for wild in self._wild.values():
                _forget(wild, link)
            for delivery in link.leave():
                loop.call_soon(self.submit, delivery)

    def attach(self, link: RoutedLink, topics: Sequence[str]) -> None:
        """Its driver serves: note what it claims, and route again what has waited for that."""
        self._claim(link, topics)
        room = self._early.pop(link.account, None)
        for delivery in room.leave() if room else ():
            self.submit(delivery)

    def links(self, account: str) -> Sequence[RoutedLink]:
        return self._links.get(account, ())

    def owner(self, account: str, topic: str) -> RoutedLink | None:
        """The link that `topic` belongs to when `account` publishes it."""
        exact = self._exact.get((account, topic))
        if exact is not None:
            return exact
        wild = self._wild.get(account, {})
        return next((link for topic_filter, link in wild.items() if matches(topic_filter, topic)), None)

    def may_subscribe(self, account: str, topic_filter: str) -> bool:
        """Only to its own devices' commands and acknowledgements, and within what their links claim."""
        devices = (link.device for link in self.links(account))
        if any(topic_filter in own_topics(device, GATEWAY_TOPICS) for device in devices):
            return True
        if (account, topic_filter) in self._exact:
            return True
        return any(covers(wide, topic_filter) for wide in self._wild.get(account, ()))

    def submit(self, delivery: Delivery) -> None:
        """Send it on to its device's driver, or to where what has none belongs."""
        link = self.owner(delivery.account, delivery.message.topic)
        if link is not None:
            link.take(delivery)
        elif all(link.has_served for link in self.links(delivery.account)):
            self._unclaimed(delivery)
        else:
            self._early.setdefault(delivery.account, self._new_room()).hold(delivery)

    def _claim(self, link: RoutedLink, topics: Sequence[str]) -> None:
        for topic in topics:
            holder = self._place(link.account, topic, link)
            if holder is not link:
                en = f"topic {topic} of device {link.device} is claimed by device {holder.device} already"
                raise LinkLost(Words(f"主题与设备 {holder.device} 重复，请通知安装员", en))

    def _place(self, account: str, topic: str, link: RoutedLink) -> RoutedLink:
        if "+" in topic or "#" in topic:
            return self._wild.setdefault(account, {}).setdefault(topic, link)
        return self._exact.setdefault((account, topic), link)


def _forget(claims: dict[K, RoutedLink], link: RoutedLink) -> None:
    for topic in [topic for topic, holder in claims.items() if holder is link]:
        del claims[topic]
