"""A camera as ONVIF shows it: its clock, its services, its streams, its pictures."""

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
"""A clock that is further away is none; our own calendar ends with the year 9999."""
_NAMESPACES = {
    "http://www.onvif.org/ver10/events/wsdl": "events",
    "http://www.onvif.org/ver10/media/wsdl": "media",
}
_LACKS = "摄像机没有所需的 ONVIF 服务，请通知安装员"
NOT_INSTALLED = (
    "ONVIF needs onvif-zeep-async, which requirements.lock holds: "
    "pip install --require-hashes --no-deps -r requirements.lock"
)


@dataclass(frozen=True, slots=True)
class OnvifStream:
    """One profile. `uri` has no credentials. The largest is the main stream (主码流), others are sub streams."""

    profile: str
    uri: str
    width: int
    height: int
    encoding: str


def installed() -> bool:
    """Whether the extra is there."""
    try:
        return find_spec("onvif") is not None
    except ValueError:
        return False


async def load_soap_client() -> Any:
    """`gateway.protocols.onvif.soap_client`, imported in a thread (0.3 s). Raises LinkLost without the extra."""
    try:
        return await asyncio.to_thread(import_module, "gateway.protocols.onvif.soap_client")
    except ModuleNotFoundError as error:
        raise LinkLost(Words("没有安装 ONVIF 支持，请通知安装员", f"{NOT_INSTALLED} ({error.name} is absent)")) from error


class OnvifClient:
    """A connected camera; made by `connect`. `skew` is what its clock is ahead of ours."""

    def __init__(self, login: Login, session: aiohttp.ClientSession, tools: Any, stack: AsyncExitStack) -> None:
        self.login = login
        self.skew = timedelta()
        self._session = session
        self._tools = tools
        self._stack = stack
        self._services: dict[str, str] = {}

    async def service(self, name: str, address: str | None = None) -> Any:
        """An open library.Service; raises LinkLost when the camera has none of that name."""
        where = address or self._services.get(name)
        if where is None:
            raise LinkLost(Words(_LACKS, f"the camera has no {name} service"))
        opened = self._tools.service(name, where, self._session, self.login, self.skew)
        return await self._stack.enter_async_context(opened)

    async def learn(self) -> None:
        """Its clock first, as passwords are dated by it; then where its services are."""
        clock = await self.service("devicemgmt", self.login.address)
        self.skew = await _skew(clock, self._tools.Refusal)
        device = await self.service("devicemgmt", self.login.address)
        for namespace, address in await _service_addresses(device, self._tools.Refusal):
            if namespace in _NAMESPACES:
                self._services[_NAMESPACES[namespace]] = on_camera_host(address, self.login.address, "http", "https")
        if not self._services:
            raise LinkLost(Words(_LACKS, "the camera named no service that is used here"))
        self._services["devicemgmt"] = self.login.address

    async def model(self) -> str:
        """Maker and model, as it calls itself."""
        said = await (await self.service("devicemgmt")).ask("GetDeviceInformation")
        words = f"{getattr(said, 'Manufacturer', '') or ''} {getattr(said, 'Model', '') or ''}"
        return "".join(character for character in words if character.isprintable()).strip()[:80]

    async def streams(self) -> Sequence[OnvifStream]:
        """Largest first. Profiles without video, or whose address can't be used, are left out."""
        media = await self.service("media")
        found = []
        for profile in list(await media.ask("GetProfiles") or ())[:MAX_PROFILES]:
            encoder = getattr(profile, "VideoEncoderConfiguration", None)
            if encoder is not None:
                found.append(_stream(profile.token, encoder, await self._stream_uri(media, profile.token)))
        return sorted((stream for stream in found if stream.uri), key=lambda s: -s.width * s.height)

    async def _stream_uri(self, media: Any, token: str) -> str:
        setup = {"OnvifStream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        try:
            said = await media.ask("GetStreamUri", StreamSetup=setup, ProfileToken=token)
            return on_camera_host(str(getattr(said, "Uri", "")), self.login.address, "rtsp", "rtsps")
        except (BadInput, self._tools.Refusal):
            return ""

    async def picture_address(self) -> str | None:
        """Where its first profile's JPEG is; None when it gives none."""
        try:
            media = await self.service("media")
            profiles = await media.ask("GetProfiles")
            said = await media.ask("GetSnapshotUri", ProfileToken=profiles[0].token)
            return on_camera_host(str(said.Uri), self.login.address, "http", "https")
        except (BadInput, LinkLost, LookupError, AttributeError, TypeError):
            return None

    async def picture(self, address: str) -> bytes | None:
        """The JPEG there now, by HTTP digest where it asks for it; None when there is none within 3 s."""
        try:
            answer = await fetch(self._session, "GET", address, largest=MAX_SNAPSHOT_BYTES, limit_s=SNAPSHOT_TIMEOUT_S)
        except (BadInput, LinkLost):
            return None
        return answer.body if answer.status == 200 and answer.body.startswith(b"\xff\xd8\xff") else None


@asynccontextmanager
async def connect(login: Login) -> AsyncIterator[OnvifClient]:
    """Raises LinkLost when there is no camera, or it refuses the user; BadInput when it can't be understood."""
    tools = await load_soap_client()
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(open_session(login))
        camera = OnvifClient(login, session, tools, stack)
        await camera.learn()
        yield camera


async def _skew(device: Any, refusal: type[Exception]) -> timedelta:
    """GetSystemDateAndTime needs no user (ONVIF Core 5.12); some want one all the same."""
    try:
        said = await device.ask("GetSystemDateAndTime", anonymous=True)
    except refusal:
        said = await device.ask("GetSystemDateAndTime")
    utc = getattr(said, "UTCDateTime", None)
    try:
        date, time = utc.Date, utc.Time  # type: ignore[union-attr]  # as the next: it may have none
        theirs = datetime(date.Year, date.Month, date.Day, time.Hour, time.Minute, min(time.Second, 59), tzinfo=UTC)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return timedelta()
    ahead = theirs - datetime.now(UTC)
    return ahead if abs(ahead) < MAX_SKEW else timedelta()


async def _service_addresses(device: Any, refusal: type[Exception]) -> list[tuple[str, str]]:
    """Namespace and address of each service; older cameras know GetCapabilities only."""
    try:
        services = await device.ask("GetServices", IncludeCapability=False)
        found = [(str(service.Namespace), str(service.XAddr)) for service in services or ()]
    except (refusal, BadInput):
        found = []
    if found:
        return found
    said = await device.ask("GetCapabilities", Category="All")
    parts = {"Events": "http://www.onvif.org/ver10/events/wsdl", "Media": "http://www.onvif.org/ver10/media/wsdl"}
    known = ((namespace, getattr(getattr(said, name, None), "XAddr", None)) for name, namespace in parts.items())
    return [(namespace, str(address)) for namespace, address in known if address]


def _stream(token: str, encoder: Any, uri: str) -> OnvifStream:
    size = getattr(encoder, "Resolution", None)
    width, height = getattr(size, "Width", 0) or 0, getattr(size, "Height", 0) or 0
    return OnvifStream(str(token)[:64], uri, int(width), int(height), str(getattr(encoder, "Encoding", "") or "")[:16])
