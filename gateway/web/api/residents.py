"""Residents sign in on their phones: a code by message, or one that is made for them at the counter."""

from __future__ import annotations

import time
from asyncio import sleep
from typing import Annotated, Any

import structlog
from aiohttp import web
from pydantic import Field

from gateway.errors import TooMany
from gateway.model import Role, Words
from gateway.residents import WrongCode
from gateway.residents.devices import SignedIn, device_name
from gateway.residents.digests import plain_number
from gateway.web.api_errors import ApiError
from gateway.web.authentication import RESIDENT_COOKIE
from gateway.web.proxy import is_secure
from gateway.web.request_context import RequestContext
from gateway.web.requests import RequestModel
from gateway.web.responses import ResponseModel, UtcTime
from gateway.web.routes import PUBLIC, RESIDENTS, Access, Route

log = structlog.get_logger(__name__)
ANSWER_AFTER_S = 0.4
"""An answer about a code takes this long whatever it does, so that its time tells nothing."""
AT_THE_COUNTER: Access = frozenset({Role.GUARD, Role.SUPERVISOR, Role.PROPERTY, Role.MANAGER})
WRONG_CODE = Words("验证码不正确或已失效", "The code is wrong or no longer valid")
_Number = Annotated[str, Field(min_length=5, max_length=24)]


class CodeRequest(RequestModel):
    """A phone number; `door` is the token of the door plate that was scanned, if any."""

    phone: _Number
    door: Annotated[str, Field(max_length=64)] = ""


class ResidentSignInRequest(RequestModel):
    """A phone number and the code that was sent to it."""

    phone: _Number
    code: Annotated[str, Field(min_length=4, max_length=12)]


class CounterCodeRequest(RequestModel):
    """For whom: the person's id in the register."""

    person: Annotated[str, Field(min_length=1, max_length=64)]


class CodeAccepted(ResponseModel):
    """The same for every number: whether it is known is not said."""

    valid_s: int


class ResidentSessionView(ResponseModel):
    """Who is signed in. `device` is the id of this phone."""

    person: str
    name: str
    device: str
    expires_at: UtcTime
    places: list[str]


class CounterCodeView(ResponseModel):
    """`code` is null for a person without a number; `url` is shown as a QR code and signs in once."""

    code: str | None
    url: str
    expires_at: UtcTime


async def ask_code(context: RequestContext[CodeRequest]) -> CodeAccepted:
    """Handler of POST /api/v1/resident/code. A refusal by a limit is counted and gets the same answer."""
    started = time.monotonic()
    try:
        await ask_for_code(context, context.params.phone, context.params.door)
    except TooMany:
        log.debug("a code was not made: too many")
    await wait_until(started)
    valid = context.services.residents.sign_in.valid_for
    return CodeAccepted(valid_s=int(valid.total_seconds()))


async def ask_for_code(context: RequestContext[Any], phone: str, door: str = "") -> None:
    """Raises ApiError for what is no number, TooMany and NotRecorded."""
    number = plain_number(phone)
    if number is None:
        raise ApiError(400, Words("请填写手机号码", "Give a phone number"))
    await context.services.residents.sign_in.ask(number, context.address, door)


async def wait_until(started: float) -> None:
    """Wait until ANSWER_AFTER_S have passed since then."""
    await sleep(max(0.0, started + ANSWER_AFTER_S - time.monotonic()))


async def sign_in(context: RequestContext[ResidentSignInRequest]) -> web.Response:
    """Handler of POST /api/v1/resident/session."""
    signed_in = await with_code(context, context.params.phone, context.params.code)
    response = web.Response(text=_view(context, signed_in).model_dump_json(), content_type="application/json")
    set_resident_cookie(context, response, signed_in)
    return response


async def with_code(context: RequestContext[Any], phone: str, code: str) -> SignedIn:
    """Sign in with a number and a code. Raises ApiError (401), TooMany and NotRecorded."""
    started, residents = time.monotonic(), context.services.residents
    device = device_name(context.request.headers.get("User-Agent", ""))
    try:
        # What is no number is tried all the same: it takes the same way as one that nobody has.
        number = plain_number(phone) or "0"
        signed_in = await residents.sign_in.sign_in(number, "".join(code.split()), context.address, device)
    except WrongCode as error:
        await wait_until(started)
        raise ApiError(401, WRONG_CODE, "wrong_code") from error
    await end_previous(context)
    return signed_in


async def end_previous(context: RequestContext[Any]) -> None:
    """End the session that the request came with: nobody keeps a share in the one that follows."""
    devices = context.services.residents.devices
    previous = await devices.find(context.request.cookies.get(RESIDENT_COOKIE, ""))
    if previous is not None:
        await devices.revoke(previous.person, previous.device, f"resident:{previous.person}")


def set_resident_cookie(context: RequestContext[Any], response: web.Response, signed_in: SignedIn) -> None:
    """Give the phone its token.

    Strict, as the guards' cookie: a page that another app opens may lack it, and then loads itself once more.
    """
    left = signed_in.identity.expires_at - context.services.now()
    response.set_cookie(
        RESIDENT_COOKIE,
        signed_in.token,
        max_age=int(left.total_seconds()),
        httponly=True,
        samesite="Strict",
        secure=is_secure(context.request),
        path="/",
    )


async def sign_out(context: RequestContext[Any]) -> web.Response:
    """Handler of DELETE /api/v1/resident/session."""
    identity = context.resident
    await context.services.residents.devices.revoke(identity.person, identity.device, context.actor)
    response = web.Response(status=204)
    clear_resident_cookie(context, response)
    return response


def clear_resident_cookie(context: RequestContext[Any], response: web.Response) -> None:
    """Take the phone's token back."""
    response.del_cookie(RESIDENT_COOKIE, path="/", httponly=True, samesite="Strict", secure=is_secure(context.request))


async def make_counter_code(context: RequestContext[CounterCodeRequest]) -> CounterCodeView:
    """Handler of POST /api/v1/resident/codes/counter."""
    key = await context.services.residents.keys.at_the_counter(context.params.person, context.identity.user)
    url = f"{context.services.compound.public_url}/r/key/{key.token}"
    return CounterCodeView(code=key.code, url=url, expires_at=key.expires_at)


def _view(context: RequestContext[Any], signed_in: SignedIn) -> ResidentSessionView:
    directory, identity = context.services.residents.directory, signed_in.identity
    person = directory.person(identity.person)
    return ResidentSessionView(
        person=identity.person,
        name=person.name if person is not None else "",
        device=identity.device,
        expires_at=identity.expires_at,
        places=list(directory.rooms(identity.person)),
    )


ROUTES = (
    Route(
        "POST",
        "/api/v1/resident/code",
        ask_code,
        allowed=PUBLIC,
        summary="Have a one-time code sent to a resident's number; the answer is the same for every number",
        request_model=CodeRequest,
        response_model=CodeAccepted,
        status=202,
        max_body_bytes=1024,
    ),
    Route(
        "POST",
        "/api/v1/resident/session",
        sign_in,
        allowed=PUBLIC,
        summary="Sign a resident in with a number and a one-time code; the response sets the phone's cookie",
        request_model=ResidentSignInRequest,
        response_model=ResidentSessionView,
        max_body_bytes=1024,
        extra_errors=(401, 429),
    ),
    Route(
        "DELETE",
        "/api/v1/resident/session",
        sign_out,
        allowed=RESIDENTS,
        summary="Sign this phone out",
        status=204,
    ),
    Route(
        "POST",
        "/api/v1/resident/codes/counter",
        make_counter_code,
        allowed=AT_THE_COUNTER,
        summary="Make a code for a resident who stands at the counter",
        request_model=CounterCodeRequest,
        response_model=CounterCodeView,
        status=201,
        extra_errors=(404,),
    ),
)
