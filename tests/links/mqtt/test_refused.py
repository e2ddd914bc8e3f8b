"""Devices at the endpoint that come and are turned away: that they ping is no sign that they are well."""

from __future__ import annotations

import asyncio

from gateway.links.mqtt.endpoint import MqttEndpoint
from gateway.links.mqtt.endpoint_link import EndpointLink
from gateway.links.mqtt.packets import Pingreq, Puback
from gateway.links.mqtt.takeovers import MIN_TAKEOVERS, WITHIN_S, TakeoverTracker
from gateway.model import Words
from tests.links.mqtt.support import RawClient, endpoint, signal


class Told:
    def __init__(self, link: EndpointLink) -> None:
        self.lives, self.refused = 0, list[str]()
        link.on_heard, link.on_refused = self._heard, self._refused

    def _heard(self) -> None:
        self.lives += 1

    def _refused(self, _part: None, why: Words) -> None:
        self.refused.append(why.en)


async def serving(door: MqttEndpoint, wrong: str | None = None) -> tuple[Told, asyncio.Task[None]]:
    link = door.link("lock", "bridge")

    async def handle(_message: object) -> str | None:
        return wrong

    task = asyncio.create_task(link.serve(["anju/v1/lock/signal"], handle))
    await asyncio.sleep(0)
    return Told(link), task


async def test_two_clients_that_cut_each_other_off_are_told() -> None:
    async with endpoint() as door:
        told, task = await serving(door)
        clients = []
        for _ in range(MIN_TAKEOVERS + 1):
            clients.append(client := await RawClient.open(door.port))
            await client.sign_in(client="siren")
        assert "two devices use account bridge and client id siren" in told.refused[0]
        lives = told.lives
        clients[-1].send(Pingreq())
        await clients[-1].receive()
        assert told.lives == lives, "a ping is no accepted report"
        clients[-1].send(signal(1))
        assert isinstance(await clients[-1].receive(), Puback)
        assert told.lives == lives + 1
        for client in clients:
            await client.close()
        task.cancel()
        await asyncio.wait([task])


async def test_who_comes_back_now_and_then_fights_with_nobody() -> None:
    takeovers = TakeoverTracker()
    assert not any(takeovers.is_conflict("a", "c", number * WITHIN_S / 2) for number in range(100))
    assert [takeovers.is_conflict("a", "d", number) for number in range(MIN_TAKEOVERS)] == [False] * (
        MIN_TAKEOVERS - 1
    ) + [True]


async def test_who_publishes_only_where_nobody_hears_it_is_told() -> None:
    async with endpoint() as door:
        told, task = await serving(door)
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(signal(1, topic="home/door"))
        assert isinstance(await client.receive(), Puback)
        assert "topic home/door is no device's of account bridge" in told.refused[0]
        for said in (signal(2), signal(3, topic="home/door")):
            client.send(said)
            await client.receive()
        assert len(told.refused) == 1, "one that is heard may say more than is wanted"
        await client.close()
        task.cancel()
        await asyncio.wait([task])


async def test_what_cannot_be_used_is_no_sign_of_life() -> None:
    async with endpoint() as door:
        told, task = await serving(door, wrong="it is no JSON")
        client = await RawClient.open(door.port)
        await client.sign_in()
        lives = told.lives
        client.send(signal(1))
        await client.receive()
        assert told.lives == lives
        await client.close()
        task.cancel()
        await asyncio.wait([task])
