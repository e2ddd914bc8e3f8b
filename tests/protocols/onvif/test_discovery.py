"""WS-Discovery over real sockets: by unicast on loopback, and by multicast where loopback takes it."""

from __future__ import annotations

import asyncio
import errno
import uuid
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput
from gateway.protocols.onvif.discovery import MULTICAST_ADDRESS, DiscoveredCamera, make_probe, parse_response, search
from gateway.simulator.onvif import Announcer

HERE = "http://127.0.0.1:8899/onvif/device_service"
ID = f"uuid:{uuid.UUID(int=7)}"


def answer(addresses: str, scopes: str = "", relates: str = ID, endpoint: str = "urn:uuid:1") -> bytes:
    return (
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header>'
        f"<w:RelatesTo>{relates}</w:RelatesTo></e:Header><e:Body><d:ProbeMatches><d:ProbeMatch>"
        f"<w:EndpointReference><w:Address>{endpoint}</w:Address></w:EndpointReference>"
        f"<d:Scopes>{scopes}</d:Scopes><d:XAddrs>{addresses}</d:XAddrs>"
        "</d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
    ).encode()


async def test_cameras_that_are_asked_by_name_answer() -> None:
    first = Announcer(HERE, name="East%20gate")
    second = Announcer("http://127.0.0.1:90/onvif/device_service", endpoint="urn:uuid:2")
    async with first.serve() as one, second.serve() as two:
        found = await search(0.5, [("127.0.0.1", one), ("127.0.0.1", two), ("127.0.0.1", 9)])
    assert [(camera.address, camera.name) for camera in found] == [
        ("http://127.0.0.1:8899/onvif/device_service", "East gate"),
        ("http://127.0.0.1:90/onvif/device_service", "Twin"),
    ]
    assert first.probes == 2  # asked again in case a datagram was lost; found once


async def test_a_camera_answers_everybodys_question() -> None:
    announcer = Announcer(HERE)
    try:
        async with announcer.serve(port=MULTICAST_ADDRESS[1], in_group=True):
            found = await search(0.5, interface="127.0.0.1")
    except OSError as error:
        if error.errno not in {errno.ENETUNREACH, errno.ENODEV, errno.EADDRINUSE, errno.EPERM}:
            raise
        pytest.skip(f"loopback takes no multicast here: {error}")
    assert HERE in [camera.address for camera in found]


async def test_the_time_is_kept_and_noise_does_no_harm() -> None:
    class Noise(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # it is one
            self.transport = transport

        def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
            for rubbish in (b"", b"\x00" * 60_000, b"<a", data, answer(HERE, relates="uuid:of-another")):
                self.transport.sendto(rubbish, address)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Noise, local_addr=("127.0.0.1", 0))
    started = loop.time()
    assert await search(0.2, [transport.get_extra_info("sockname")]) == []
    assert 0.2 <= loop.time() - started < 1
    transport.close()


def test_the_address_it_answered_from_is_chosen() -> None:
    said = answer("http://169.254.1.1/onvif/d http://[fe80::1]/onvif/d http://10.0.0.7:80/onvif/d")
    assert [found.address for found in parse_response(said, ID, "10.0.0.7")] == ["http://10.0.0.7:80/onvif/d"]
    assert [found.address for found in parse_response(said, ID, "10.0.0.9")] == ["http://169.254.1.1/onvif/d"]


def test_some_write_the_question_as_a_urn() -> None:
    assert parse_response(answer(HERE, relates=f"urn:{ID}"), ID, "127.0.0.1")


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "http://u:p@10.0.0.7/", "http://10.0.0.7:0/", "http://:99999/"]
)
def test_addresses_nobody_should_ask(address: str) -> None:
    assert parse_response(answer(address), ID, "10.0.0.7") == []


def test_words_are_fit_for_a_terminal() -> None:
    (found,) = parse_response(answer(HERE, "onvif://www.onvif.org/name/%1b%5b31mred%0a" + "x" * 500), ID, "127.0.0.1")
    assert found == DiscoveredCamera("urn:uuid:1", HERE, ("[31mred" + "x" * 500)[:80])


@given(
    st.binary(max_size=400)
    | st.builds(answer, st.text(max_size=60), st.text(max_size=60), st.text(max_size=40)).map(bytes)
)
def test_any_datagram_is_read_or_refused(data: bytes) -> None:
    with suppress(BadInput):
        assert all(found.address.isprintable() for found in parse_response(data, ID, "127.0.0.1"))


def test_the_question_is_what_the_standard_asks() -> None:
    assert b"dn:NetworkVideoTransmitter" in make_probe(ID)
    assert ID.encode() in make_probe(ID)
