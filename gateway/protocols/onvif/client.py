"""An ONVIF client of one camera: its clock, services, streams and snapshots."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import aiohttp

from gateway.errors import BadInput, LinkLost
from gateway.model import Words
from gateway.protocols.onvif.address import on_camera_host
from gateway.protocols.onvif.transport import Login, fetch, open_session

MAX_SNAPSHOT_BYTES = 4 << 20
SNAPSHOT_TIMEOUT_S = 3.0
MAX_PROFILES = 16
MAX_SKEW = timedelta(days=36_525)
"""A larger skew is taken for no clock: our own calendar ends with the year 9999."""
_NAMESPACES = {
    "http://www.onvif.org/ver10/events/wsdl": "events",
    "http://www.onvif.org/ver10/media/wsdl": "media",
}
_SERVICE_MISSING_ZH = "摄像机没有所需的 ONVIF 服务，请通知安装员"
NOT_INSTALLED = (
    "ONVIF needs onvif-zeep-async, which requirements.lock holds: "
    "pip install --require-hashes --no-deps -r requirements.lock"
)


@dataclass(frozen=True, slots=True)
class OnvifStream:
    """The stream of one profile. `uri` has no credentials. The largest is the main stream (主码流), others are sub."""

    profile: str
    uri: str
    width: int
    height: int
    encoding: str


def installed() -> bool:
    """Whether the extra `onvif` is installed."""
    try:
        return find_spec("onvif") is not None
    except ValueError:
        return False


async def load_soap_client() -> Any:
    """The module soap_client, imported in a thread (0.3 s). Raises LinkLost without the extra."""
    try:
        return await asyncio.to_thread(import_module, "gateway.protocols.onvif.soap_client")
    except ModuleNotFoundError as error:
        why = f"{NOT_INSTALLED} ({error.name} is absent)"
        raise LinkLost(Words("没有安装 ONVIF 支持，请通知安装员", why)) from error


class OnvifClient:
    """A connected camera; made by `connect`. `skew` is how far its clock is ahead of ours."""

    def __init__(self, login: Login, session: aiohttp.ClientSession, soap_client: Any, stack: AsyncExitStack) -> None:
        self.login = login
        self.skew = timedelta()
        self._session = session
        self._soap_client = soap_client
        self._stack = stack
        self._services: dict[str, str] = {}

    async def service(self, name: str, address: str | None = None) -> Any:
        """An open SoapService, by default at the camera's address for it; raises LinkLost if it has none."""
        where = address or self._services.get(name)
        if where is None:
            raise LinkLost(Words(_SERVICE_MISSING_ZH, f"the camera has no {name} service"))
        opened = self._soap_client.open_service(name, where, self._session, self.login, self.skew)
        return await self._stack.enter_async_context(opened)

    async def initialize(self) -> None:
        """Read the camera's clock and its services' addresses. Raises LinkLost."""
        # The clock first: the camera rejects passwords that are not dated by its own.
        unskewed = await self.service("devicemgmt", self.login.address)
        self.skew = await _read_skew(unskewed, self._soap_client.SoapFault)
        device = await self.service("devicemgmt", self.login.address)
        for namespace, address in await _service_addresses(device, self._soap_client.SoapFault):
            # The addresses of other services are not even checked.
            if namespace in _NAMESPACES:
                self._services[_NAMESPACES[namespace]] = on_camera_host(address, self.login.address, "http", "https")
        if not self._services:
            raise LinkLost(Words(_SERVICE_MISSING_ZH, "the camera named no service that is used here"))
        self._services["devicemgmt"] = self.login.address

    async def model(self) -> str:
        """Manufacturer and model as the camera reports them, printable, at most 80 characters."""
        response = await (await self.service("devicemgmt")).call("GetDeviceInformation")
        text = f"{getattr(response, 'Manufacturer', '') or ''} {getattr(response, 'Model', '') or ''}"
        return "".join(character for character in text if character.isprintable()).strip()[:80]

    async def streams(self) -> Sequence[OnvifStream]:
        """Largest first. Profiles without video, or without a usable address, are left out."""
        media = await self.service("media")
        found = []
        for profile in list(await media.call("GetProfiles") or ())[:MAX_PROFILES]:
            encoder = getattr(profile, "VideoEncoderConfiguration", None)
            if encoder is not None:
                found.append(_stream(profile.token, encoder, await self._stream_uri(media, profile.token)))
        return sorted((stream for stream in found if stream.uri), key=lambda s: -s.width * s.height)

    async def _stream_uri(self, media: Any, token: str) -> str:
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        try:
            response = await media.call("GetStreamUri", StreamSetup=setup, ProfileToken=token)
            return on_camera_host(str(getattr(response, "Uri", "")), self.login.address, "rtsp", "rtsps")
        except (BadInput, self._soap_client.SoapFault):
            return ""

    async def snapshot_address(self) -> str | None:
        """The address of its first profile's JPEG; None if it offers none."""
        try:
            media = await self.service("media")
            profiles = await media.call("GetProfiles")
            response = await media.call("GetSnapshotUri", ProfileToken=profiles[0].token)
            return on_camera_host(str(response.Uri), self.login.address, "http", "https")
        except (BadInput, LinkLost, LookupError, AttributeError, TypeError):
            return None

    async def snapshot(self, address: str) -> bytes | None:
        """The JPEG at an address, by HTTP digest if the camera requires it; None if there is none within 3 s."""
        try:
            response = await fetch(
                self._session, "GET", address, max_bytes=MAX_SNAPSHOT_BYTES, timeout_s=SNAPSHOT_TIMEOUT_S
            )
        except (BadInput, LinkLost):
            return None
        return response.body if response.status == 200 and response.body.startswith(b"\xff\xd8\xff") else None


@asynccontextmanager
async def connect(login: Login) -> AsyncIterator[OnvifClient]:
    """Raises LinkLost without a response, LoginRefused for a rejected user, BadInput for an invalid response."""
    soap_client = await load_soap_client()
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(open_session(login))
        client = OnvifClient(login, session, soap_client, stack)
        await client.initialize()
        yield client


async def _read_skew(device: Any, soap_fault: type[Exception]) -> timedelta:
    """Zero if the camera's clock can't be read."""
    # GetSystemDateAndTime needs no user (ONVIF Core 5.12); some cameras require one all the same.
    try:
        response = await device.call("GetSystemDateAndTime", anonymous=True)
    except soap_fault:
        response = await device.call("GetSystemDateAndTime")
    utc = getattr(response, "UTCDateTime", None)
    try:
        date, time = utc.Date, utc.Time  # type: ignore[union-attr]  # as the next: it may have none
        # A leap second would be second 60, which datetime rejects.
        theirs = datetime(date.Year, date.Month, date.Day, time.Hour, time.Minute, min(time.Second, 59), tzinfo=UTC)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return timedelta()
    skew = theirs - datetime.now(UTC)
    return skew if abs(skew) < MAX_SKEW else timedelta()


async def _service_addresses(device: Any, soap_fault: type[Exception]) -> list[tuple[str, str]]:
    """Namespace and address of each service."""
    try:
        services = await device.call("GetServices", IncludeCapability=False)
        found = [(str(service.Namespace), str(service.XAddr)) for service in services or ()]
    except (soap_fault, BadInput):
        found = []
    if found:
        return found
    # Older cameras support GetCapabilities only.
    response = await device.call("GetCapabilities", Category="All")
    parts = {"Events": "http://www.onvif.org/ver10/events/wsdl", "Media": "http://www.onvif.org/ver10/media/wsdl"}
    listed = ((namespace, getattr(getattr(response, name, None), "XAddr", None)) for name, namespace in parts.items())
    return [(namespace, str(address)) for namespace, address in listed if address]


def _stream(token: str, encoder: Any, uri: str) -> OnvifStream:
    size = getattr(encoder, "Resolution", None)
    width, height = getattr(size, "Width", 0) or 0, getattr(size, "Height", 0) or 0
    return OnvifStream(str(token)[:64], uri, int(width), int(height), str(getattr(encoder, "Encoding", "") or "")[:16])
