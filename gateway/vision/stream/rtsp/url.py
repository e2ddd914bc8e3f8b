"""Where a stream is and who asks for it, with what must not be told kept apart from what may."""

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
_LEAST_TO_HIDE = 3


@dataclass(frozen=True, slots=True)
class RtspUrl:
    """`url` has no user's name and password, and is what goes into requests; `shown` may stand in a log."""

    scheme: str
    host: str
    port: int
    url: str = field(repr=False)
    shown: str
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, address: str) -> RtspUrl:
        """Raises LinkLost, which repeats nothing of it, when it can't be read."""
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
        place = found["host"] + (f":{found['port']}" if found["port"] else "")
        url = f"{scheme}://{place}{quote(found['rest'] or '/', safe=_SAFE)}"
        user, _, password = (found["user_info"] or "").partition(":")
        return cls(
            scheme, found["host"].strip("[]"), int(found["port"] or PORTS[scheme]), url, masked(url),
            unquote(user) if found["user_info"] else None, unquote(password),
        )  # fmt: skip

    def redirected(self, location: str) -> RtspUrl:
        """Where a camera sends us. The password goes along on the same host, and never from TLS into the open.

        Raises LinkLost when it can't be followed.
        """
        if location.startswith("/"):
            location = "/".join(self.url.split("/", 3)[:3]) + location
        there = RtspUrl.of(location)
        if self.scheme == "rtsps" and there.scheme == "rtsp":
            en = f"it sends us to {there.shown}, where nothing is encrypted"
            raise LinkLost(Words("摄像机转到了不加密的地址，请通知安装员", en))
        if there.user is None and there.host == self.host:
            return replace(there, user=self.user, password=self.password)
        return there

    def hide(self, text: str) -> str:
        """`text` with nothing in it that belongs into the secrets file, even if a camera echoes it."""
        for secret in (self.password, self.user or ""):
            for spelling in {secret, quote(secret, safe="")}:
                if len(spelling) >= _LEAST_TO_HIDE:
                    text = text.replace(spelling, "***")
        return masked(text)


_SAFE = "%/?#[]@!$&'()*+,;=:-._~"
"""What stays as it is: an address may be quoted already."""
