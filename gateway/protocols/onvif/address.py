"""Camera addresses: completes the installer's, and checks those that a camera returns."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit, urlunsplit

from gateway.errors import BadInput
from gateway.model import Words

DEVICE_SERVICE_PATH = "/onvif/device_service"
"""The path of every camera's device service (ONVIF Core 5.1.1)."""


def device_service(address: str) -> str:
    """The device service's address, from `192.168.1.64`, `192.168.1.64:8000`, `http://…` or a whole address."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    return urlunsplit(parts._replace(path=parts.path if parts.path.strip("/") else DEVICE_SERVICE_PATH))


def address_error(address: str) -> str | None:
    """What is wrong with an installer's address, without repeating it; None if it can be tried."""
    try:
        parts = urlsplit(device_service(address))
        port = parts.port
    except ValueError:
        return "has no readable host and port"
    if parts.username is not None or parts.password is not None:
        return "holds a user; write user: and password: beside it"
    if parts.scheme not in {"http", "https"}:
        return f"has the scheme {parts.scheme!r}; it may be http or https"
    if not parts.hostname or port == 0 or any(character.isspace() for character in address):
        return "names no host"
    return None


def on_camera_host(given: str, camera: str, *schemes: str) -> str:
    """`given` with the host of `camera`'s own address, and without user and password.

    Behind NAT, or with a second network card, a camera returns a host that can't be reached. And a hostile camera must
    not direct us, and our response to its challenge, to another host. Raises BadInput if it is no address with one of
    `schemes`.
    """
    try:
        parts, own = urlsplit(given.strip()), urlsplit(camera)
        port = _port(parts)
    except ValueError:
        parts, own, port = SplitResult("", "", "", "", ""), urlsplit(camera), None
    if parts.scheme.lower() not in schemes or not parts.netloc or not given.isprintable():
        why = Words(f"地址不是 {' 或 '.join(schemes)}", f"an address that is not {' or '.join(schemes)}")
        raise BadInput(why, given.encode(errors="replace")[:1024])
    # A service on another host: take scheme and port of the address by which we reach the camera.
    if parts.scheme.lower() in {"http", "https"} and parts.hostname != own.hostname:
        return urlunsplit(parts._replace(scheme=own.scheme, netloc=own.netloc))
    # Keep the given port: RTSP has one of its own.
    host = f"[{own.hostname}]" if ":" in (own.hostname or "") else own.hostname
    return urlunsplit(parts._replace(netloc=f"{host}:{port}" if port else f"{host}"))


def _port(parts: SplitResult) -> int | None:
    """Some cameras give it twice: http://192.168.1.106:8106:8106/onvif/Subscription."""
    host = parts.netloc.rpartition("@")[2]
    if "[" not in host and host.count(":") > 1:
        return urlsplit(f"//{host.rpartition(':')[0]}").port
    return parts.port
