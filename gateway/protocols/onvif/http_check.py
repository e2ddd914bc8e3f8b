"""Is there ONVIF at an HTTP address? Asked without a user and without the library (ONVIF Core 5.12)."""

from __future__ import annotations

from gateway.errors import AnjuError
from gateway.model import Words
from gateway.protocols.onvif.transport import HttpResponse, Login, fetch, open_session
from gateway.protocols.onvif.xml import MAX_XML_BYTES

PATH = "/onvif/device_service"
"""Where the device service of an ONVIF device is (Core 5.1.1)."""
_QUESTION = b"""<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>\
<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>"""
_TYPE = {"Content-Type": "application/soap+xml; charset=utf-8"}


def is_soap(answer: HttpResponse) -> bool:
    """Whether the answer is a SOAP message, a fault included, and not a page of the device's web server."""
    return b"Envelope" in answer.body[:MAX_XML_BYTES]


def is_html(answer: HttpResponse) -> bool:
    """Whether it is a web page: of an error, or to sign in on."""
    return b"<html" in answer.body[:4096].lower()


def describe_non_soap(answer: HttpResponse) -> Words:
    """What else it is, and what may help."""
    kind = "a web page" if is_html(answer) else "no ONVIF"
    zh = f"摄像机应答 HTTP {answer.status}，不是 ONVIF，请检查地址并在摄像机上启用 ONVIF"
    en = f"it answers HTTP {answer.status} with {kind}: switch ONVIF on at the device, and check port and path"
    return Words(zh, en)


async def check_onvif(address: str, limit_s: float) -> Words | None:
    """None where the device service at `address` speaks ONVIF; otherwise why not. Never raises for the device."""
    try:
        async with open_session(Login(address)) as session:
            answer = await fetch(
                session, "POST", address, largest=MAX_XML_BYTES, limit_s=limit_s, body=_QUESTION, headers=_TYPE
            )
    except AnjuError as error:
        return Words.of(getattr(error, "why", str(error)))
    return None if is_soap(answer) else describe_non_soap(answer)
