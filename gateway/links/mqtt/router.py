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
DEVICE_TOPICS = ("signal", "result", "status", "list_state")
"""The last levels of our own format's topics on which a device publishes."""
GATEWAY_TOPICS = ("command", "ack", "list")
"""Those on which the gateway publishes."""


def own_topics(device: str, last_levels: Iterable[str]) -> list[str]:
    """Topics of our own format, `anju/v1/<device>/<last level>`."""
    return [f"anju/v1/{device}/{level}" for level in last_levels]


class Router:
    """The topics that links claim, by account. `unclaimed` gets the messages that nobody will claim.

    A claim outlives the driver that made it: while a driver does not run, its messages wait in its link. What no link
    has claimed waits too, as long as there is a link of that account whose driver has not claimed its topics yet.
    """

    def __init__(self, new_pending: Callable[[], PendingDeliveries], unclaimed: Callable[[Delivery], None]) -> None:
        self._new_pending = new_pending
        self._unclaimed = unclaimed
        self._links: dict[str, list[RoutedLink]] = {}
        self._exact: dict[tuple[str, str], RoutedLink] = {}
        self._wildcard: dict[str, dict[str, RoutedLink]] = {}
        self._early: dict[str, PendingDeliveries] = {}
        """By account: messages that came before all its drivers had claimed their topics."""

    def add(self, link: RoutedLink) -> None:
        """Add a link of an account; the topics of our own format are its first claims."""
        self._links.setdefault(link.account, []).append(link)
        self._claim(link, own_topics(link.device, DEVICE_TOPICS))

    def remove(self, device: str) -> None:
        """End the claims of a device's link. What waited for it is routed again in the next turn of the loop.

        By then a reload may have added a link for the same device.
        """
        loop = asyncio.get_running_loop()
        for link in [link for links in self._links.values() for link in links if link.device == device]:
            self._links[link.account].remove(link)
            _remove(self._exact, link)
            for wildcard in self._wildcard.values():
                _remove(wildcard, link)
            for delivery in link.take_pending():
                loop.call_soon(self.submit, delivery)

    def attach(self, link: RoutedLink, topics: Sequence[str]) -> None:
        """The driver runs: record what it claims, and route again what came before. Raises LinkLost."""
        self._claim(link, topics)
        early = self._early.pop(link.account, None)
        for delivery in early.take_all() if early else ():
            self.submit(delivery)

    def links(self, account: str) -> Sequence[RoutedLink]:
        """The links of an account."""
        return self._links.get(account, ())

    def owner(self, account: str, topic: str) -> RoutedLink | None:
        """The link that `topic` belongs to when `account` publishes it."""
        exact = self._exact.get((account, topic))
        if exact is not None:  # first: an exact claim is more specific than any wildcard
            return exact
        wildcard = self._wildcard.get(account, {})
        return next((link for topic_filter, link in wildcard.items() if matches(topic_filter, topic)), None)

    def may_subscribe(self, account: str, topic_filter: str) -> bool:
        """Only to commands, acknowledgements and lists for its own devices, and within what their links claim."""
        devices = (link.device for link in self.links(account))
        if any(topic_filter in own_topics(device, GATEWAY_TOPICS) for device in devices):
            return True
        if (account, topic_filter) in self._exact:
            return True
        return any(covers(wide, topic_filter) for wide in self._wildcard.get(account, ()))

    def submit(self, delivery: Delivery) -> None:
        """Hand a message to its device's link, keep it for a link that may claim it, or report it as unclaimed."""
        link = self.owner(delivery.account, delivery.message.topic)
        if link is not None:
            link.deliver(delivery)
        elif all(link.has_served for link in self.links(delivery.account)):  # nobody is left who could claim it
            self._unclaimed(delivery)
        else:
            self._early.setdefault(delivery.account, self._new_pending()).add(delivery)

    def _claim(self, link: RoutedLink, topics: Sequence[str]) -> None:
        for topic in topics:
            holder = self._put(link.account, topic, link)
            if holder is not link:
                en = f"topic {topic} of device {link.device} is claimed by device {holder.device} already"
                raise LinkLost(Words(f"主题与设备 {holder.device} 重复，请通知安装员", en))

    def _put(self, account: str, topic: str, link: RoutedLink) -> RoutedLink:
        """The link that has the topic now: `link`, or an earlier one."""
        if "+" in topic or "#" in topic:
            return self._wildcard.setdefault(account, {}).setdefault(topic, link)
        return self._exact.setdefault((account, topic), link)


def _remove(claims: dict[K, RoutedLink], link: RoutedLink) -> None:
    for topic in [topic for topic, holder in claims.items() if holder is link]:
        del claims[topic]
