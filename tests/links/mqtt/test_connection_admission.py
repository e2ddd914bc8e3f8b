"""How many may be connected, of one account, from one address and before they sign in: real sockets."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from gateway.limits import RefusalLog
from gateway.links import accept
from gateway.links.mqtt.endpoint import EndpointSettings, MqttEndpoint
from gateway.links.mqtt.limits import EndpointLimits
from gateway.links.mqtt.packets import LEVEL_5, Connack, Connect, ConnectCode, Disconnect, Pingreq, Puback
from gateway.links.mqtt.reasons import Reason
from gateway.links.mqtt.session import MAX_DETACHED, Sessions
from tests.links.mqtt import certificate
from tests.links.mqtt.support import ACCOUNTS, Committer, QuarantineStub, RawClient, endpoint, signal, until

BURST = 1000


async def _open(stack: AsyncExitStack, door: MqttEndpoint, account: str, client: str, **more: object) -> RawClient:
    made = await RawClient.open(door.port, **more)
    stack.push_async_callback(made.close)
    made.code = (await made.sign_in(account, client)).code  # type: ignore[attr-defined]
    return made


async def test_one_account_with_a_thousand_connections_keeps_nobody_out(committer: Committer) -> None:
    refusals = RefusalLog()
    async with (
        MqttEndpoint(EndpointSettings(port=0), ACCOUNTS, QuarantineStub(), refusals=refusals) as door,
        AsyncExitStack() as stack,
        asyncio.TaskGroup() as tasks,
    ):
        serving = tasks.create_task(door.link("bell", "lone").serve(["anju/v1/bell/signal"], committer))
        clients = [await _open(stack, door, "bridge", f"c{number}") for number in range(BURST)]
        codes = [client.code for client in clients]  # type: ignore[attr-defined]
        assert codes.count(ConnectCode.ACCEPTED) == door.limits.per_account
        assert codes.count(ConnectCode.SERVER_UNAVAILABLE) == BURST - door.limits.per_account
        device = await _open(stack, door, "lone", "bell")
        device.send(signal(1, b"help", "anju/v1/bell/signal"))
        assert await device.receive() == Puback(1)
        assert door.has_free_slots
        [(refusal, told)] = refusals.counts().items()
        assert refusal.grave
        assert "one account" in str(refusal.why)
        assert told == door.counters.refused == BURST - door.limits.per_account
        serving.cancel()


async def test_mqtt_5_is_told_that_its_quota_is_exceeded() -> None:
    async with endpoint(EndpointLimits(per_account=1)) as door, AsyncExitStack() as stack:
        await _open(stack, door, "bridge", "c1")
        client = await RawClient.open(door.port)
        client.speak(LEVEL_5)
        client.send(Connect("c2", user="bridge", password=ACCOUNTS["bridge"].encode(), level=LEVEL_5))
        [answer] = await client.ends()
        assert isinstance(answer, Connack)
        assert answer.reason == Reason.QUOTA_EXCEEDED
        await client.close()


async def test_what_a_lost_device_left_half_open_gives_way_to_it() -> None:
    """A panel that lost power without a goodbye, and names itself anew each time."""
    async with endpoint(EndpointLimits(per_account=2, quiet=0.2)) as door, AsyncExitStack() as stack:
        first, second = await _open(stack, door, "bridge", "boot-1"), await _open(stack, door, "bridge", "boot-2")
        await asyncio.sleep(0.25)
        second.send(Pingreq())
        await second.receive()
        third = await _open(stack, door, "bridge", "boot-3")
        assert third.code == ConnectCode.ACCEPTED  # type: ignore[attr-defined]
        assert await first.ends() == []
        second.send(Pingreq())
        await second.receive()


async def test_the_same_client_again_needs_no_second_seat() -> None:
    async with endpoint(EndpointLimits(per_account=1)) as door, AsyncExitStack() as stack:
        for _ in range(3):
            client = await _open(stack, door, "bridge", "c")
            assert client.code == ConnectCode.ACCEPTED  # type: ignore[attr-defined]
        assert len(door._server._admission._signed_in) == 1


async def test_where_the_endpoint_is_full_the_account_that_has_most_gives_way() -> None:
    async with endpoint(EndpointLimits(connections=4, quiet=0)) as door, AsyncExitStack() as stack:
        neighbour = await _open(stack, door, "lone", "quiet for longest")
        many = [await _open(stack, door, "bridge", f"c{number}") for number in range(3)]
        await _open(stack, door, "lone", "newcomer")
        assert await many[0].ends() == []
        neighbour.send(Pingreq())
        await neighbour.receive()


async def test_one_address_is_bounded_and_others_are_served() -> None:
    async with endpoint(EndpointLimits(per_address=2)) as door, AsyncExitStack() as stack:
        codes = [(await _open(stack, door, "bridge", f"c{number}")).code for number in range(3)]  # type: ignore[attr-defined]
        assert codes == [ConnectCode.ACCEPTED] * 2 + [ConnectCode.SERVER_UNAVAILABLE]
        other = await _open(stack, door, "bridge", "elsewhere", local_addr=("127.0.0.2", 0))
        assert other.code == ConnectCode.ACCEPTED  # type: ignore[attr-defined]


async def test_who_has_not_signed_in_takes_no_seat_of_those_who_have() -> None:
    async with endpoint(EndpointLimits(connections=1, unauthenticated=3)) as door, AsyncExitStack() as stack:
        device = await _open(stack, door, "lone", "device")
        strangers = [await RawClient.open(door.port) for _ in range(20)]
        for stranger in strangers:
            stack.push_async_callback(stranger.close)
        await until(lambda: door.counters.connections == 4)
        device.send(Pingreq())
        await device.receive()


async def test_a_full_endpoint_says_that_it_is() -> None:
    async with endpoint(EndpointLimits(connections=1)) as door, AsyncExitStack() as stack:
        await _open(stack, door, "bridge", "c1")
        refused = await _open(stack, door, "lone", "device")
        assert refused.code == ConnectCode.SERVER_UNAVAILABLE  # type: ignore[attr-defined]
        assert not door.has_free_slots


async def test_after_wrong_passwords_the_right_one_gets_in_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.links.mqtt.accounts.MAX_DELAY_S", 0.5)
    refusals = RefusalLog()
    async with MqttEndpoint(EndpointSettings(port=0), ACCOUNTS, QuarantineStub(), refusals=refusals) as door:
        guessers = [await RawClient.open(door.port) for _ in range(20)]
        for guesser in guessers:
            guesser.send(Connect("c", user="bridge", password=b"guess"))
        await until(lambda: sum(refusals.counts().values()) == len(guessers))
        device = await RawClient.open(door.port)
        assert (await device.sign_in()).code == ConnectCode.ACCEPTED
        assert await guessers[0].ends() == [Connack(ConnectCode.BAD_CREDENTIALS)]
        loop = asyncio.get_running_loop()
        began = loop.time()
        for guesser in guessers[5:]:
            with suppress(ConnectionError):  # a second guess on the same connection is not even read
                guesser.send(Connect("c", user="bridge", password=ACCOUNTS["bridge"].encode()))
        for guesser in guessers[5:]:  # a reset, for what it said meanwhile was never read, may take the answer along
            assert await guesser.ends() in ([], [Connack(ConnectCode.BAD_CREDENTIALS)])
        assert loop.time() - began > 0.2
        assert door.counters.sessions == 1
        for client in (*guessers, device):
            await client.close()


async def test_a_password_in_the_place_of_the_name_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    async with endpoint() as door:
        client = await RawClient.open(door.port)
        client.send(Connect("c", user=ACCOUNTS["bridge"], password=b"bridge"))
        await client.ends()
        await client.close()
    assert ACCOUNTS["bridge"] not in capsys.readouterr().out


async def test_handshakes_that_never_end_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept, "MAX_HANDSHAKES", 3)
    authority, key = certificate.make(tmp_path)
    server, trusted = certificate.server_context(authority, key), ssl.create_default_context(cafile=authority)
    async with endpoint(tls=server) as door, AsyncExitStack() as stack:
        mute = [await RawClient.open(door.tls_port) for _ in range(6)]
        for each in mute:
            stack.push_async_callback(each.close)
        device = await RawClient.open(door.tls_port, ssl=trusted)
        stack.push_async_callback(device.close)
        assert (await device.sign_in()).code == ConnectCode.ACCEPTED
        assert await mute[0].ends() == []


def test_sleeping_sessions_of_one_account_do_not_push_out_anothers() -> None:
    sessions = Sessions()
    for account, client in [("lone", "device"), *(("bridge", f"c{number}") for number in range(MAX_DETACHED + 50))]:
        session, _, _ = sessions.open(account, client, clean=False, expiry_s=3600, now=0)
        sessions.close(session, 0)
    assert len(sessions._detached) == MAX_DETACHED
    _, _, present = sessions.open("lone", "device", clean=False, expiry_s=3600, now=1)
    assert present


async def test_an_evicted_client_of_mqtt_5_is_told_why() -> None:
    async with endpoint(EndpointLimits(per_account=1, quiet=0)) as door, AsyncExitStack() as stack:
        client = await RawClient.open(door.port)
        stack.push_async_callback(client.close)
        client.speak(LEVEL_5)
        await client.sign_in("bridge", "c1")
        await _open(stack, door, "bridge", "c2")
        [goodbye] = await client.ends()
        assert isinstance(goodbye, Disconnect)
        assert goodbye.reason == Reason.QUOTA_EXCEEDED
