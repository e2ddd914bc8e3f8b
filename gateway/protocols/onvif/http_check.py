"""Checks whether a device speaks ONVIF at an HTTP address, without a user and without the library (Core 5.12)."""

from __future__ import annotations

from gateway.errors import AnjuError
from gateway.model import Words
from gateway.protocols.onvif.transport import HttpResponse, Login, fetch, open_session
from gateway.protocols.onvif.xml import MAX_XML_BYTES

_REQUEST = b"""<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>\
<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>"""
_HEADERS = {"Content-Type": "application/soap+xml; charset=utf-8"}


def is_soap(response: HttpResponse) -> bool:
    """Whether the response is a SOAP message, which may be a fault."""
    return b"Envelope" in response.body[:MAX_XML_BYTES]


def is_html(response: HttpResponse) -> bool:
    """Whether it is a web page: an error or a login form."""
    return b"<html" in response.body[:4096].lower()


def describe_non_soap(response: HttpResponse) -> Words:
    """What the response is instead, and what may help."""
    kind = "a web page" if is_html(response) else "no ONVIF"
    zh = f"摄像机应答 HTTP {response.status}，不是 ONVIF，请检查地址并在摄像机上启用 ONVIF"
    en = f"it answers HTTP {response.status} with {kind}: switch ONVIF on at the device, and check port and path"
    return Words(zh, en)


async def check_onvif(address: str, timeout_s: float) -> Words | None:
    """None if the device service at `address` speaks ONVIF; otherwise the reason. Device errors are not raised."""
    try:
        async with open_session(Login(address)) as session:
            response = await fetch(
                session, "POST", address, max_bytes=MAX_XML_BYTES, timeout_s=timeout_s, body=_REQUEST, headers=_HEADERS
            )
    except AnjuError as error:
        return Words.of(getattr(error, "why", str(error)))
    return None if is_soap(response) else describe_non_soap(response)
