"""Which addresses count as one host when something is limited by address."""

from __future__ import annotations

import ipaddress


def network(address: str) -> str:
    """The key that limits use for an address: the address itself, or in IPv6 its /64.

    One IPv6 host owns a whole /64 and could change its address with every attempt. What is no address is returned
    as it is.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])  # without the zone of a link-local address
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped  # an IPv4 client of a dual-stack socket
        return str(mapped) if mapped else str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)
