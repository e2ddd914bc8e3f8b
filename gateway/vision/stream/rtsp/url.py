"""A stream's RTSP URL, with its credentials kept apart from what may be logged."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote

from gateway.errors import LinkLost
from gateway.masking import masked, misspelt
from gateway.model import Words

PORTS = {"rtsp": 554, "rtsps": 322}
"""RFC 2326, 3.2; RFC 7826, 4.2."""
_ADDRESS = re.compile(
    r"(?P<scheme>rtsps?)://(?:(?P<user_info>[^/?#]*)@)?(?P<host>\[[0-9a-fA-F:.%]+\]|[^/?#:@\[\]\s]+)(?::(?P<port>\d{1,5}))?(?P<rest>[/?][^\s#]*)?",
    re.ASCII | re.IGNORECASE,
)
_MIN_SECRET = 3
"""Characters; replacing shorter ones would garble every text."""


@dataclass(frozen=True, slots=True)
class RtspUrl:
    """`url` has no user's name and password and goes into requests; `redacted` may be logged."""

    scheme: str
    host: str
    port: int
    url: str = field(repr=False)
    redacted: str
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, address: str) -> RtspUrl:
        """Raises LinkLost when it can't be read, without repeating it: it may hold a password."""
        found = None if misspelt(address) else _ADDRESS.fullmatch(address.strip())
        if found is None or not 0 < int(found["port"] or 1) <= 65535:
            raise LinkLost(
                Words(
                    "视频地址写法不对，请通知安装员",
                    "the stream's address can't be read; write rtsp://user:password@host:port/path,"
                    " and in names and passwords %40 for @, %2F for /, %3A for :",
                )
            )
        scheme = found["scheme"].lower()
        authority = found["host"] + (f":{found['port']}" if found["port"] else "")
        url = f"{scheme}://{authority}{quote(found['rest'] or '/', safe=_SAFE)}"
        user, _, password = (found["user_info"] or "").partition(":")
        return cls(
            scheme, found["host"].strip("[]"), int(found["port"] or PORTS[scheme]), url, masked(url),
            unquote(user) if found["user_info"] else None, unquote(password),
        )  # fmt: skip

    def redirect(self, location: str) -> RtspUrl:
        """The URL that a camera redirects to. Credentials are kept on the same host, and never sent from TLS to plain.

        Raises LinkLost when the redirect can't be followed.
        """
        if location.startswith("/"):  # some cameras send a path alone
            location = "/".join(self.url.split("/", 3)[:3]) + location
        target = RtspUrl.parse(location)
        if self.scheme == "rtsps" and target.scheme == "rtsp":
            en = f"it redirects to {target.redacted}, which is not encrypted"
            raise LinkLost(Words("摄像机转到了不加密的地址，请通知安装员", en))
        if target.user is None and target.host == self.host:
            return replace(target, user=self.user, password=self.password)
        return target

    def redact(self, text: str) -> str:
        """`text` without the user's name and password, even if a camera echoes them."""
        for secret in (self.password, self.user or ""):
            # As it is, and as it is quoted in the URL.
            for spelling in {secret, quote(secret, safe="")}:
                if len(spelling) >= _MIN_SECRET:
                    text = text.replace(spelling, "***")
        return masked(text)


_SAFE = "%/?#[]@!$&'()*+,;=:-._~"
"""Characters that are not quoted: an address may be quoted already."""
