"""The camera's side of WS-Discovery: answers a probe for its type with its address."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

_GROUP = "239.255.255.250"
_MESSAGE = re.compile(rb"MessageID[^>]*>\s*([^<\s]{1,100})\s*<")
_PROBE_MATCH = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"\
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">\
<e:Header><w:MessageID>{endpoint}</w:MessageID><w:RelatesTo>{message}</w:RelatesTo>\
<w:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</w:To>\
<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</w:Action></e:Header>\
<e:Body><d:ProbeMatches><d:ProbeMatch><w:EndpointReference><w:Address>{endpoint}</w:Address></w:EndpointReference>\
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/type/video_encoder\
 onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/Twin</d:Scopes><d:XAddrs>{addresses}</d:XAddrs>\
<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"""


@dataclass
class Announcer(asyncio.DatagramProtocol):
    """`addresses` are those of its device service, separated by spaces; `name` is percent-encoded."""

    addresses: str
    name: str = "Twin"
    endpoint: str = "urn:uuid:7e0c1a52-0000-4000-8000-000000000001"
    probes: int = 0

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0, *, in_group: bool = False) -> AsyncIterator[int]:
        """Listens on UDP; yields the port. `in_group` joins the multicast group on `host`'s network card."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if in_group:
            member = socket.inet_aton(_GROUP) + socket.inet_aton(host)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        sock.bind((_GROUP if in_group else host, port))
        sock.setblocking(False)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=sock)
        try:
            yield sock.getsockname()[1]
        finally:
            transport.close()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # it is one
        """Keep the transport."""
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str | object, int]) -> None:
        """Answer a probe."""
        message_id = _MESSAGE.search(data)
        # Probes for other device types are ignored.
        if message_id is None or b"NetworkVideoTransmitter" not in data:
            return
        self.probes += 1
        answer = _PROBE_MATCH.format(
            endpoint=self.endpoint, message=message_id[1].decode(), name=self.name, addresses=self.addresses
        )
        self._transport.sendto(answer.encode(), address)
