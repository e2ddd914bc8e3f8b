"""WS-Discovery: finds cameras by a UDP multicast probe (ONVIF Core 7.3; OASIS WS-Discovery, April 2005)."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from gateway.errors import BadInput
from gateway.protocols.onvif.xml import clean_xml

Address = tuple[str, int]
MULTICAST_ADDRESS: Address = ("239.255.255.250", 3702)
MAX_CAMERAS = 1024
MAX_DATAGRAM = 65_535
PROBE_TIMES = (0.0, 0.3, 1.0)
"""Seconds at which the probe is sent: UDP loses some."""

_DISCOVERY = "{http://schemas.xmlsoap.org/ws/2005/04/discovery}"
_ADDRESSING = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"
_SCOPE = re.compile(r"onvif://www\.onvif\.org/(name|hardware|location)/(.+)", re.IGNORECASE)
_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"\
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">\
<e:Header><w:MessageID>{id}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>\
<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>\
<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""


@dataclass(frozen=True, slots=True)
class DiscoveredCamera:
    """A camera that responded. `address` is its device service; name and hardware are as it reports them."""

    endpoint: str
    address: str
    name: str = ""
    hardware: str = ""


def make_probe(message_id: str) -> bytes:
    """The datagram of a probe."""
    return _PROBE.format(id=message_id).encode()


def parse_response(data: bytes, message_id: str, sender: str) -> list[DiscoveredCamera]:
    """The cameras in one datagram; none if it responds to another probe. Raises BadInput."""
    envelope = ET.fromstring(clean_xml(data))  # noqa: S314  # cleaned of DTDs, bounded
    if not _text(envelope, f".//{_ADDRESSING}RelatesTo").endswith(message_id[-36:]):  # some write urn:uuid: before it
        return []
    return list(_matches(envelope, sender))


def _matches(envelope: ET.Element, sender: str) -> Iterator[DiscoveredCamera]:
    for match in envelope.iter(f"{_DISCOVERY}ProbeMatch"):
        address = _choose(_text(match, f"{_DISCOVERY}XAddrs").split(), sender)
        if address is None:
            continue
        scopes: dict[str, str] = {}
        # Bounded: a datagram could hold thousands of scopes.
        for scope in _text(match, f"{_DISCOVERY}Scopes").split()[:64]:
            if known := _SCOPE.fullmatch(scope):
                scopes.setdefault(known[1].lower(), _printable(unquote(known[2])))
        endpoint = _text(match, f"{_ADDRESSING}EndpointReference/{_ADDRESSING}Address")
        name, hardware = scopes.get("name", ""), scopes.get("hardware", "")
        yield DiscoveredCamera(_printable(endpoint) or address, address, name, hardware)


def _choose(addresses: Sequence[str], sender: str) -> str | None:
    """The address from which it responded; otherwise its first: a camera lists link-local addresses too."""
    usable = [address for address in addresses if _is_usable(address)]
    return next((address for address in usable if urlsplit(address).hostname == sender), next(iter(usable), None))


def _is_usable(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    printable = address.isascii() and address.isprintable() and not set(address) & set("\"'\\<>")
    return printable and parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0 and not parts.username


def _text(element: ET.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _printable(text: str) -> str:
    """Fit for a terminal and a file: printable, at most 80 characters."""
    return "".join(character for character in text if character.isprintable())[:80].strip()


class _ProbeProtocol(asyncio.DatagramProtocol):
    """Collects the responses, each camera once."""

    def __init__(self, message_id: str) -> None:
        self.found: dict[str, DiscoveredCamera] = {}
        self._message_id = message_id

    def datagram_received(self, data: bytes, address: tuple[str | object, int]) -> None:
        # Anybody on the network can send responses.
        if len(self.found) >= MAX_CAMERAS:
            return
        with suppress(BadInput):  # any host can send any datagram
            for found in parse_response(data, self._message_id, str(address[0])):
                self.found.setdefault(found.endpoint, found)

    def error_received(self, error: Exception) -> None:
        """Ignored: a named host that does not exist just does not respond."""


async def search(
    seconds: float, targets: Sequence[Address] = (MULTICAST_ADDRESS,), interface: str | None = None
) -> list[DiscoveredCamera]:
    """The cameras that respond within `seconds`, sorted by address.

    `targets` may include single cameras too, which reaches those behind a router. `interface` is the address of our
    network card to send from. Raises OSError without a network to send to.
    """
    message_id = f"uuid:{uuid.uuid4()}"
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: _ProbeProtocol(message_id), sock=_socket(interface)
    )
    try:
        end = loop.time() + seconds
        for wait in PROBE_TIMES:
            await asyncio.sleep(min(wait, max(0.0, end - loop.time())))
            for target in targets:
                transport.sendto(make_probe(message_id), target)
        await asyncio.sleep(max(0.0, end - loop.time()))
    finally:
        transport.close()
    return sorted(protocol.found.values(), key=lambda found: _sort_key(found.address))


def _socket(interface: str | None) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        # Do not leave the local network.
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        if interface is not None:
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        made.bind((interface or "", 0))
    except OSError:
        made.close()
        raise
    return made


def _sort_key(address: str) -> tuple[int, str]:
    host = urlsplit(address).hostname or ""
    try:
        return int(ipaddress.ip_address(host)), address
    except ValueError:
        return 0, address
