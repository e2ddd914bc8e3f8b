"""ONVIF cameras, by WS-Discovery; with a user also their models and streams."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import click

from gateway.cli.discover.results import DiscoveredDevice, DiscoveryOptions, SecretRef, Value
from gateway.errors import AnjuError
from gateway.protocols.onvif.address import DEVICE_SERVICE_PATH
from gateway.protocols.onvif.client import NOT_INSTALLED, OnvifStream, connect, installed
from gateway.protocols.onvif.discovery import MULTICAST_ADDRESS, Address, DiscoveredCamera, search
from gateway.protocols.onvif.http_check import check_onvif
from gateway.protocols.onvif.transport import Login

MAX_CONCURRENT = 8
MIN_HTTP_TIMEOUT_S = 3.0
CAMERA_TIMEOUT_S = 20.0
"""For one camera to report its model and its streams."""


async def discover(options: DiscoveryOptions) -> Sequence[DiscoveredDevice]:
    """Sorted by address. Raises click's errors for what the installer can fix."""
    try:
        named = [await _target(host) for host in options.hosts]
        found = await search(options.seconds, [MULTICAST_ADDRESS, *named], options.interface)
    except OSError as error:
        raise click.ClickException(f"can't send the probe: {error}; check --interface and --host") from error
    # Named hosts that did not answer the probe.
    missing = [host for host, (address, _) in zip(options.hosts, named, strict=True) if not _is_among(address, found)]
    found += await _check_http(missing, options)
    if options.user and found and not installed():
        raise click.ClickException(NOT_INSTALLED)
    semaphore = asyncio.Semaphore(MAX_CONCURRENT)
    return await asyncio.gather(*(_describe(camera, options, semaphore) for camera in found))


def _is_among(host: str, found: Sequence[DiscoveredCamera]) -> bool:
    return any(urlsplit(camera.address).hostname == host for camera in found)


async def _check_http(hosts: Sequence[str], options: DiscoveryOptions) -> list[DiscoveredCamera]:
    """Check named hosts that did not answer discovery: many have it switched off, or the port is their web port."""
    addresses = [f"http://{host}{DEVICE_SERVICE_PATH}" for host in hosts]
    limit_s = max(options.seconds, MIN_HTTP_TIMEOUT_S)
    answers = await asyncio.gather(*(check_onvif(address, limit_s) for address in addresses))
    for address, why in zip(addresses, answers, strict=True):
        if why is not None:
            click.echo(f"onvif: no answer to discovery, and at {address}: {why}", err=True)
    return [DiscoveredCamera(address, address) for address, why in zip(addresses, answers, strict=True) if why is None]


async def _describe(
    found: DiscoveredCamera, options: DiscoveryOptions, semaphore: asyncio.Semaphore
) -> DiscoveredDevice:
    """With a user, connect and read model and streams; without, use what the camera announced."""
    if not options.user:
        return _device_of(
            found, options, f"{found.name} {found.hardware}".strip(), (), ["with --user: model and streams"]
        )
    try:
        login = Login(found.address, options.user, options.password, options.verify_tls)
        async with semaphore, asyncio.timeout(CAMERA_TIMEOUT_S), connect(login) as camera:
            return _device_of(found, options, await camera.model(), await camera.streams(), [])
    except TimeoutError:
        why = f"no full answer within {CAMERA_TIMEOUT_S:g} s"
    except AnjuError as error:
        why = str(error)
    return _device_of(found, options, f"{found.name} {found.hardware}".strip(), (), [why])


def _device_of(
    found: DiscoveredCamera,
    options: DiscoveryOptions,
    summary: str,
    streams: Sequence[OnvifStream],
    notes: Sequence[str],
) -> DiscoveredDevice:
    parts = urlsplit(found.address)
    host = f"{parts.hostname}:{parts.port}" if parts.port not in {None, 80, 443} else str(parts.hostname)
    slug = re.sub(r"[^a-z0-9]+", "-", host).strip("-")
    secret = f"camera_{slug.replace('-', '_')}"
    entry: dict[str, Value] = {"address": found.address}
    if options.user:
        entry |= {"user": options.user, "password": SecretRef(secret)}
    if not options.verify_tls:
        entry["verify_tls"] = False
    roles = ["main", *["sub"] * len(streams)]
    lines = [f"{role} {s.width}×{s.height} {s.encoding}: {s.uri}" for role, s in zip(roles, streams, strict=False)]
    name = found.name or summary or f"camera {host}"
    # A second entry for our own video analysis, for the installer to uncomment.
    stream_entry: dict[str, Value] = {
        "id": f"cam-{slug}-stream"[:63],
        "kind": "camera",
        "name": name,
        "source": SecretRef(f"{secret}_stream"),
    }
    return DiscoveredDevice(
        id=f"cam-{slug}"[:63],
        kind="onvif_camera",
        name=name,
        address=found.address,
        summary=summary,
        notes=[*lines, *notes],
        entry={**entry, "cadence": "1m"},
        extra_entries=[stream_entry] if streams else (),
    )


async def _target(host: str) -> Address:
    name, colon, port = host.rpartition(":")
    if not colon:
        name, port = host, str(MULTICAST_ADDRESS[1])
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise click.BadParameter(f"{host!r} is no HOST or HOST:PORT", param_hint="--host")
    known = await asyncio.get_running_loop().getaddrinfo(name, int(port), family=socket.AF_INET)
    return str(known[0][4][0]), int(port)
