"""An endpoint whose devices and accounts change while clients are connected and speak."""

from __future__ import annotations

import asyncio

from gateway.links.mqtt.message import MqttMessage
from gateway.links.mqtt.packets import Puback
from tests.links.mqtt.support import ACCOUNTS, Committer, QuarantineStub, RawClient, endpoint, signal, until
from tests.links.mqtt.test_endpoint import Serving


async def test_what_waits_for_a_device_goes_to_its_successor() -> None:
    begun, heard = asyncio.Event(), []

    async def hang(_message: MqttMessage) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def handle(message: MqttMessage) -> None:
        heard.append(message)

    async with endpoint() as door:
        former = Serving(door.link("lock", "bridge"), hang)
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(signal(1, b"begun"))
        await begun.wait()
        await former.stop()
        client.send(signal(2, b"waits"))
        await until(lambda: door.counters.messages == 2)
        door.unlink("lock")
        Serving(door.link("lock", "bridge"), handle)
        assert [await client.receive() for _ in range(2)] == [Puback(1), Puback(2)]
        assert [(message.payload, message.redelivered) for message in heard] == [(b"begun", True), (b"waits", False)]
        await client.close()


async def test_what_waits_for_a_device_that_is_no_more_is_quarantined_and_acknowledged(committer: Committer) -> None:
    quarantined = QuarantineStub()
    async with endpoint(quarantined=quarantined) as door:
        Serving(door.link("lamp", "bridge"), committer, ["anju/v1/lamp/signal"])
        door.link("lock", "bridge")
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(signal(1, b"waits"))
        await until(lambda: door.counters.messages == 1)
        door.unlink("lock")
        assert await client.receive() == Puback(1)
        client.send(signal(2, b"late"), signal(3, b"on", "anju/v1/lamp/signal"))
        assert [await client.receive() for _ in range(2)] == [Puback(2), Puback(3)]
        assert [data for _, _, data in quarantined.kept] == [b"waits", b"late"]
        assert committer.kept() == [b"on"]
        await client.close()


async def test_claims_end_with_the_link_that_made_them() -> None:
    heard: list[bytes] = []

    async def handle(message: MqttMessage) -> None:
        heard.append(message.payload)

    async with endpoint() as door:
        former = Serving(door.link("hub", "bridge"), handle, ["zigbee2mqtt/#", "tele/hub"])
        await asyncio.sleep(0)
        await former.stop()
        door.unlink("hub")
        Serving(door.link("other", "bridge"), handle, ["zigbee2mqtt/#", "tele/hub"])
        client = await RawClient.open(door.port)
        await client.sign_in()
        client.send(signal(1, b"a", "zigbee2mqtt/leak"), signal(2, b"b", "tele/hub"))
        assert [await client.receive() for _ in range(2)] == [Puback(1), Puback(2)]
        assert heard == [b"a", b"b"]
        await client.close()


async def test_only_who_is_no_longer_admitted_goes_out(committer: Committer) -> None:
    async with endpoint() as door:
        Serving(door.link("lock", "bridge"), committer)
        Serving(door.link("lamp", "lone"), committer, ["anju/v1/lamp/signal"])
        stays, goes = await RawClient.open(door.port), await RawClient.open(door.port)
        await stays.sign_in()
        await goes.sign_in("lone", "c2")
        door.set_accounts({**ACCOUNTS, "lone": "another", "new": "word"})
        assert await goes.ends() == []
        stays.send(signal(1))
        assert await stays.receive() == Puback(1)
        again = await RawClient.open(door.port)
        assert (await again.sign_in("lone", "c2")).code != 0
        for client in (stays, goes, again):
            await client.close()
