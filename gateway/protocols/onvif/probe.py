"""Is there ONVIF at an HTTP address? Asked without a user and without the library (ONVIF Core 5.12)."""

from __future__ import annotations

from gateway.errors import AnjuError
from gateway.model import Words
from gateway.protocols.onvif.transport import Answer, Login, fetch, session_of
from gateway.protocols.onvif.xml import LARGEST

PATH = "/onvif/device_service"
"""Where the device service of an ONVIF device is (Core 5.1.1)."""
_QUESTION = b"""<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>\
<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>"""
_TYPE = {"Content-Type": "application/soap+xml; charset=utf-8"}


def is_soap(answer: Answer) -> bool:
    """Whether the answer is a SOAP message, a fault included, and not a page of the device's web server."""
    return b"Envelope" in answer.body[:LARGEST]


def is_page(answer: Answer) -> bool:
    """Whether it is a web page: of an error, or to sign in on."""
    return b"<html" in answer.body[:4096].lower()


def not_soap(answer: Answer) -> Words:
    """What else it is, and what may help."""
    kind = "a web page" if is_page(answer) else "no ONVIF"
    zh = f"摄像机应答 HTTP {answer.status}，不是 ONVIF，请检查地址并在摄像机上启用 ONVIF"
    en = f"it answers HTTP {answer.status} with {kind}: switch ONVIF on at the device, and check port and path"
    return Words(zh, en)


async def answers_onvif(address: str, limit_s: float) -> Words | None:
    """None where the device service at `address` speaks ONVIF; otherwise why not. Never raises for the device."""
    try:
        async with session_of(Login(address)) as session:
            answer = await fetch(
                session, "POST", address, largest=LARGEST, limit_s=limit_s, body=_QUESTION, headers=_TYPE
            )
    except AnjuError as error:
        return Words.of(getattr(error, "why", str(error)))
    return None if is_soap(answer) else not_soap(answer)
