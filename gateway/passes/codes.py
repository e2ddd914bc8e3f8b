"""The text of a pass's QR code: signed, valid for half a minute, checked without a database.

`V` and 28 characters of base32 (RFC 4648): the pass's id (5 bytes), the window's number (4 bytes, big endian; the
Unix time divided by 30) and the first 8 bytes of HMAC-SHA256(key of the pass, id and window). These 29 characters fit
into a QR code of version 2 at level Q: 25 modules a side, a quarter of which may be spoilt.

The key of a pass is derived from the gateway's, so a door checks a code with one key and no table. The visitor's page
holds only the key of its own pass and makes the codes by itself, without a network (`pages/static/pass_code.js`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.model import Words

WINDOW_S = 30
TOLERANCE = timedelta(seconds=30)
"""How wrong the clock of a visitor's phone may be."""
_ID_BYTES, _WINDOW_BYTES, _MAC_BYTES = 5, 4, 8
_TEXT = re.compile(r"V([A-Z2-7]{28})")
_PASS_ID = re.compile(r"[a-z2-7]{8}")


@dataclass(frozen=True, slots=True)
class VerifiedCode:
    """A code that this gateway has signed, in its time. Whether the pass itself holds is asked of the register."""

    pass_id: str
    window: int


@dataclass(frozen=True, slots=True)
class CodeFault:
    """Why a code opens nothing. `code` is for programs: foreign, forged, expired or early.

    `pass_id` and `window` are known of a code that was signed by this gateway, and is shown at the wrong time.
    """

    code: str
    reason: Words
    pass_id: str = ""
    window: int | None = None


FOREIGN = CodeFault("foreign", Words("不是访客码", "This is not a visitor's code"))
FORGED = CodeFault(
    "forged", Words("访客码签名不对，不是本小区发出的", "The code's signature is wrong: not issued here")
)
_EXPIRED = Words(
    "访客码已过时，可能是截屏：请打开访客页面", "The code is old, perhaps a screenshot: open the visitor's page"
)
_EARLY = Words("访客码的时间超前：请校准手机时间", "The code is ahead of time: set the phone's clock")


def new_pass_id() -> str:
    """Eight characters at random, 40 bits."""
    return _base32(secrets.token_bytes(_ID_BYTES)).lower()


def is_pass_id(text: str) -> bool:
    """Whether the text is written as a pass's id."""
    return _PASS_ID.fullmatch(text) is not None


def pass_key(key: bytes, pass_id: str) -> bytes:
    """The key of one pass (32 bytes): all that the visitor's page gets to know."""
    return hmac.digest(key, b"pass " + pass_id.encode(), hashlib.sha256)


def window_at(time: datetime) -> int:
    """The number of the window that this moment lies in."""
    return int(time.timestamp()) // WINDOW_S


def code_text(key: bytes, pass_id: str, window: int) -> str:
    """The text of the QR code in that window. `key` is the gateway's."""
    head = _base32_bytes(pass_id.upper()) + window.to_bytes(_WINDOW_BYTES, "big")
    return "V" + _base32(head + _mac(key, pass_id, head))


def looks_like_code(text: str) -> bool:
    """Whether a reader's text is written as a pass's code: any other text is another credential's."""
    return _TEXT.fullmatch(text.strip()) is not None


def verify_code(text: str, key: bytes, now: datetime, tolerance: timedelta = TOLERANCE) -> VerifiedCode | CodeFault:
    """Check the signature and the time of a code. Pure; `key` is the gateway's, `now` any aware time."""
    data = _bytes_of(text.strip())
    if data is None:
        return FOREIGN
    head, mac = data[: _ID_BYTES + _WINDOW_BYTES], data[_ID_BYTES + _WINDOW_BYTES :]
    pass_id, window = _base32(head[:_ID_BYTES]).lower(), int.from_bytes(head[_ID_BYTES:], "big")
    if not hmac.compare_digest(_mac(key, pass_id, head), mac):
        return FORGED
    begins = datetime.fromtimestamp(window * WINDOW_S, UTC)
    if now > begins + timedelta(seconds=WINDOW_S) + tolerance:
        return CodeFault("expired", _EXPIRED, pass_id, window)
    if now < begins - tolerance:
        return CodeFault("early", _EARLY, pass_id, window)
    return VerifiedCode(pass_id, window)


def _bytes_of(text: str) -> bytes | None:
    found = _TEXT.fullmatch(text)
    data = base64.b32decode(found[1] + "====") if found else b""
    # Spare bits that are set would make several texts one code.
    return data if found and _base32(data) == found[1] else None


def _mac(key: bytes, pass_id: str, head: bytes) -> bytes:
    return hmac.digest(pass_key(key, pass_id), head, hashlib.sha256)[:_MAC_BYTES]


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def _base32_bytes(text: str) -> bytes:
    return base64.b32decode(text)
