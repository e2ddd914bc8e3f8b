"""SOAP as the camera reads and writes it. The parser is not hardened: only tests and the demo send to it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

ENVELOPE = "{http://www.w3.org/2003/05/soap-envelope}"
_WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
_WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
_NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "ter": "http://www.onvif.org/ver10/error",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "tns1": "http://www.onvif.org/ver10/topics",
    "twin": "urn:anju:twin",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMES.items())
MAX_PASSWORD_AGE = timedelta(seconds=300)
"""How far a password's date may be from the camera's clock."""


@dataclass(frozen=True, slots=True)
class SoapRequest:
    """A request: operation and argument texts by local name, and the header."""

    operation: str
    arguments: Mapping[str, str]
    header: ET.Element

    def reference(self) -> str | None:
        """The reference parameter of a subscription, which must be in every request about it."""
        return self.header.findtext("{urn:anju:twin}Mark")


def parse_request(data: bytes) -> SoapRequest:
    """Raises ValueError if it is no request."""
    try:
        envelope = ET.fromstring(data)  # noqa: S314  # from our own gateway, on loopback
    except ET.ParseError as error:
        raise ValueError(str(error)) from None
    body, header = envelope.find(f"{ENVELOPE}Body"), envelope.find(f"{ENVELOPE}Header")
    if body is None or not len(body):
        raise ValueError("no body")
    operation = body[0]
    arguments = {_local_name(part.tag): (part.text or "").strip() for part in operation.iter() if part is not operation}
    return SoapRequest(_local_name(operation.tag), arguments, header if header is not None else ET.Element("none"))


def is_authenticated(request: SoapRequest, user: str, password: str, now: datetime) -> bool:
    """Checks a WS-Security UsernameToken with the digest Base64(SHA-1(nonce + created + password)), dated by `now`."""
    token = request.header.find(f"{_WSSE}Security/{_WSSE}UsernameToken")
    if token is None or token.findtext(f"{_WSSE}Username") != user:
        return False
    nonce, created = token.findtext(f"{_WSSE}Nonce") or "", token.findtext(f"{_WSU}Created") or ""
    try:
        dated = datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        digest = hashlib.sha1(base64.b64decode(nonce) + created.encode() + password.encode()).digest()  # noqa: S324  # the profile's
    except ValueError:
        return False
    given = token.findtext(f"{_WSSE}Password") or ""
    return abs(dated - now) < MAX_PASSWORD_AGE and hmac.compare_digest(given, base64.b64encode(digest).decode())


def envelope(body: str) -> bytes:
    """A whole message."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {_DECLARED}><s:Body>{body}</s:Body></s:Envelope>'.encode()
    )


def fault(subcode: str, reason: str) -> bytes:
    """A whole SOAP fault."""
    return envelope(
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(reason)}</s:Text></s:Reason></s:Fault>'
    )


def stamp(when: datetime) -> str:
    """A time as xs:dateTime in UTC."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def notification(topic: str, operation: str, source: Mapping[str, str], data: Mapping[str, str], at: datetime) -> str:
    """One event: `topic` with its prefix, `operation` Initialized, Changed, Deleted or empty."""
    changed = f" PropertyOperation={quoteattr(operation)}" if operation else ""
    return (
        '<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        f'{escape(topic)}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="{stamp(at)}"{changed}>'
        f"<tt:Source>{_items(source)}</tt:Source><tt:Data>{_items(data)}</tt:Data>"
        "</tt:Message></wsnt:Message></wsnt:NotificationMessage>"
    )


def _items(items: Mapping[str, str]) -> str:
    return "".join(f"<tt:SimpleItem Name={quoteattr(n)} Value={quoteattr(v)}/>" for n, v in items.items())


def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]
