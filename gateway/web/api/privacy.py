"""Consents, a person's data as a file, and the deletion of a person: for residents and the property."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web
from pydantic import Field

from gateway.config.residents.privacy import ConsentKind
from gateway.errors import NotFound, Refused
from gateway.model import Action, Role, Step, Words
from gateway.privacy.consents import HOW_WORDS, KIND_WORDS, Consent, GivenConsent
from gateway.privacy.export import as_archive
from gateway.store import audit
from gateway.web.api_errors import ApiError, not_found
from gateway.web.request_context import RequestContext
from gateway.web.requests import RequestModel
from gateway.web.responses import ResponseModel, UtcTime, WordsView
from gateway.web.routes import HOUSEHOLD_STAFF, RESIDENTS, Route
from gateway.web.serializers import words_view

EXPORTED = "person-export"
"""The action of the audit: somebody took a person's data away as a file."""
_PERSON = Words("这个人", "person")
Why = Annotated[str, Field(min_length=1, max_length=500)]


class ConsentView(ResponseModel):
    """A consent on record. `guardian` is who agreed for a child."""

    id: str
    kind: ConsentKind
    kind_name: WordsView
    version: str
    given_at: UtcTime
    how: str
    how_name: WordsView
    by: str
    guardian: str
    in_force: bool
    withdrawn_at: UtcTime | None


class ConsentTextView(ResponseModel):
    """What a person is told before agreeing. `agreed` is true while this very text is agreed to."""

    kind: ConsentKind
    kind_name: WordsView
    version: str
    text: WordsView
    agreed: bool


class ConsentList(ResponseModel):
    """What was agreed to, newest first, and the texts as they are now."""

    items: Sequence[ConsentView]
    next: str | None
    texts: Sequence[ConsentTextView]
    contact: str


class OwnConsent(RequestModel):
    """To what the signed-in resident agrees; `version` is that of the text that was shown."""

    kind: ConsentKind
    version: Annotated[str, Field(max_length=20)]


class RecordedConsent(RequestModel):
    """A consent given at the counter or on paper. `law` is for the watch list, by the manager, with a basis."""

    kind: ConsentKind
    how: Literal["counter", "paper", "law"]
    guardian: Annotated[str, Field(max_length=80)] = ""
    basis: Annotated[str, Field(max_length=500)] = ""


class ErasureRequest(RequestModel):
    """Why everything about a person is deleted; it can't be undone."""

    why: Why


class ExportQuery(RequestModel):
    """Why a person's data is taken away as a file."""

    why: Why


class ErasureView(ResponseModel):
    """How far a deletion is. `left`: files that still hold something; `kept_clips`: recordings kept by law."""

    id: str
    person: str
    at: UtcTime
    by: str
    done: bool
    ended_at: UtcTime | None
    rows: int
    left: Sequence[str]
    kept_clips: Sequence[str]
    proof: str | None


async def own_consents(context: RequestContext[Any]) -> ConsentList:
    """Handler of GET /api/v1/resident/consents."""
    return await consent_list(context, context.resident.person)


async def agree(context: RequestContext[OwnConsent]) -> ConsentList:
    """Handler of POST /api/v1/resident/consents. A text that was changed meanwhile is shown again first."""
    await agree_to(context, context.params.kind, context.params.version)
    return await consent_list(context, context.resident.person)


async def agree_to(context: RequestContext[Any], name: str, version: str) -> None:
    """The signed-in resident agrees to the text of that version. Raises ApiError (404, 409)."""
    kind = _kind(name)
    if version != context.services.privacy.consents.book.wording(kind).version:
        raise ApiError(409, Words("告知内容已更新，请重新阅读", "The text has changed: read it again"))
    await _give(context, GivenConsent(context.resident.person, kind, "phone", context.actor))


async def withdraw_own(context: RequestContext[Any]) -> ConsentList:
    """Handler of DELETE /api/v1/resident/consents/{kind}."""
    await withdraw_kind(context, context.resident.person)
    return await consent_list(context, context.resident.person)


async def own_export(context: RequestContext[Any]) -> web.Response:
    """Handler of GET /api/v1/resident/my-data.zip."""
    return await _export(context, context.resident.person, "")


async def consents_of(context: RequestContext[Any]) -> ConsentList:
    """Handler of GET /api/v1/people/{id}/consents."""
    return await consent_list(context, _known(context))


async def record_consent(context: RequestContext[RecordedConsent]) -> ConsentList:
    """Handler of POST /api/v1/people/{id}/consents."""
    person, params = _known(context), context.params
    if params.how == "law" and context.identity.role is not Role.MANAGER:
        raise ApiError(403, Words("只有经理可以登记依法处理", "Only the manager records that no consent is needed"))
    given = GivenConsent(person, params.kind, params.how, context.actor, params.guardian.strip(), params.basis.strip())
    await _give(context, given)
    return await consent_list(context, person)


async def withdraw_for(context: RequestContext[Any]) -> ConsentList:
    """Handler of DELETE /api/v1/people/{id}/consents/{kind}."""
    person = _known(context)
    await withdraw_kind(context, person)
    return await consent_list(context, person)


async def export_of(context: RequestContext[ExportQuery]) -> web.Response:
    """Handler of GET /api/v1/people/{id}/data.zip."""
    return await _export(context, _known(context), context.params.why.strip())


async def erase(context: RequestContext[ErasureRequest]) -> ErasureView:
    """Handler of POST /api/v1/people/{id}/erasure. The person is out of the register when the answer comes."""
    person, erasures = _known(context), context.services.privacy.erasures
    begun: list[str] = []
    await erasures.leave(person)

    def unit(connection: sqlite3.Connection) -> None:
        begun[:] = [erasures.begin(connection, person, context.actor, context.params.why.strip())]

    await _act(context, "person.erasure_ordered", {"person": person}, unit)
    await erasures.go()
    return await _erasure(context, begun[0])


async def erasure(context: RequestContext[Any]) -> ErasureView:
    """Handler of GET /api/v1/erasures/{id}."""
    return await _erasure(context, context.path_param("id"))


def _known(context: RequestContext[Any]) -> str:
    person = context.path_param("id")
    if person not in context.services.register.snapshot.persons:
        raise not_found(_PERSON)
    return person


async def _act(context: RequestContext[Any], kind: str, data: dict[str, Any], unit: Any) -> None:
    await context.services.act(Action(kind=kind, user=context.actor, time=context.services.now(), data=data), unit)


async def _give(context: RequestContext[Any], given: GivenConsent) -> None:
    book = context.services.privacy.consents.book
    data = {"person": given.person, "kind": given.kind.value, "how": given.how}
    try:
        await _act(context, "consent.given", data, lambda connection: book.give(connection, given))
    except NotFound:
        raise not_found(_PERSON) from None
    except Refused as error:
        words = Words("未满十四周岁要由监护人同意并写明姓名；依法处理要写明依据", str(error))
        raise ApiError(400, words, "consent_refused") from error


def _kind(name: str) -> ConsentKind:
    if name not in set(ConsentKind):
        raise not_found(Words("这项同意", "consent"))
    return ConsentKind(name)


async def withdraw_kind(context: RequestContext[Any], person: str) -> None:
    """Withdraw the consent that the path names. Raises ApiError (404)."""
    consents, kind = context.services.privacy.consents, _kind(context.path_param("kind"))
    if kind is ConsentKind.CARE and await context.services.care.end_for(person, context.actor):
        return  # ending care withdraws the consent, and the rule forgets what it learnt

    def unit(connection: sqlite3.Connection) -> None:
        consents.book.withdraw(connection, person, kind, context.actor)

    try:
        await _act(context, "consent.withdrawn", {"person": person, "kind": kind.value}, unit)
    except NotFound:
        raise not_found(Words("这项同意", "consent")) from None
    await consents.forget()


async def consent_list(context: RequestContext[Any], person: str) -> ConsentList:
    """What a person agreed to, and the texts as they are now."""
    privacy = context.services.privacy
    found = await privacy.consents.of_person(person)
    agreed = {(one.kind, one.version) for one in found if one.in_force}
    texts = [(kind, privacy.consents.book.wording(kind)) for kind in ConsentKind]
    return ConsentList(
        items=[_view(one) for one in found[:200]],
        next=None,
        texts=[
            ConsentTextView(
                kind=kind,
                kind_name=words_view(KIND_WORDS[kind]),
                version=text.version,
                text=words_view(text.words),
                agreed=(kind, text.version) in agreed,
            )
            for kind, text in texts
        ],
        contact=privacy.settings().contact,
    )


def _view(consent: Consent) -> ConsentView:
    return ConsentView(
        id=consent.id,
        kind=consent.kind,
        kind_name=words_view(KIND_WORDS[consent.kind]),
        version=consent.version,
        given_at=consent.given_at,
        how=consent.how,
        how_name=words_view(HOW_WORDS[consent.how]),
        by=consent.by,
        guardian=consent.guardian,
        in_force=consent.in_force,
        withdrawn_at=consent.withdrawn_at,
    )


async def _export(context: RequestContext[Any], person: str, why: str) -> web.Response:
    services, compound = context.services, context.services.compound
    step = Step("", EXPORTED, context.actor, services.now(), why, {"person": person})
    await services.store.write(lambda connection: audit.append(connection, step))
    try:
        data = await services.privacy.data_of(person)
    except NotFound:
        raise not_found(_PERSON) from None
    contact, zone = services.privacy.settings().contact, ZoneInfo(compound.timezone)
    body = await asyncio.to_thread(as_archive, data, compound.name, zone, contact)
    return web.Response(body=body, content_type="application/zip", headers=_headers(services.now()))


def _headers(at: datetime) -> dict[str, str]:
    return {
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="my-data-{at:%Y%m%d}.zip"',
        hdrs.CACHE_CONTROL: "no-store",
    }


async def _erasure(context: RequestContext[Any], key: str) -> ErasureView:
    try:
        state = await context.services.privacy.erasures.state(key)
    except NotFound:
        raise not_found(Words("这次删除", "deletion")) from None
    return ErasureView(
        id=state.id,
        person=state.person,
        at=state.at,
        by=state.by,
        done=state.ended_at is not None,
        ended_at=state.ended_at,
        rows=sum(state.counts.values()),
        left=state.left,
        kept_clips=state.kept_clips,
        proof=state.proof,
    )


_OWN, _OF = "/api/v1/resident/consents", "/api/v1/people/{id}"
ROUTES = (
    Route(
        "GET",
        _OWN,
        own_consents,
        allowed=RESIDENTS,
        summary="What the resident agreed to, and the texts as they are now",
        response_model=ConsentList,
    ),
    Route(
        "POST",
        _OWN,
        agree,
        allowed=RESIDENTS,
        summary="Agree to a text",
        request_model=OwnConsent,
        response_model=ConsentList,
        status=201,
        extra_errors=(404, 409),
    ),
    Route(
        "DELETE",
        f"{_OWN}/{{kind}}",
        withdraw_own,
        allowed=RESIDENTS,
        summary="Withdraw a consent; what it was for is deleted at once",
        response_model=ConsentList,
        extra_errors=(404,),
    ),
    Route(
        "GET",
        "/api/v1/resident/my-data.zip",
        own_export,
        allowed=RESIDENTS,
        summary="All that is kept about the resident, as JSON and as a page",
        extra_errors=(404,),
    ),
    Route(
        "GET",
        f"{_OF}/consents",
        consents_of,
        allowed=HOUSEHOLD_STAFF,
        summary="What a person agreed to",
        response_model=ConsentList,
        extra_errors=(404,),
    ),
    Route(
        "POST",
        f"{_OF}/consents",
        record_consent,
        allowed=HOUSEHOLD_STAFF,
        summary="Record a consent that was given at the counter or on paper",
        request_model=RecordedConsent,
        response_model=ConsentList,
        status=201,
        extra_errors=(404,),
    ),
    Route(
        "DELETE",
        f"{_OF}/consents/{{kind}}",
        withdraw_for,
        allowed=HOUSEHOLD_STAFF,
        summary="Withdraw a consent for a person; what it was for is deleted at once",
        response_model=ConsentList,
        extra_errors=(404,),
    ),
    Route(
        "GET",
        f"{_OF}/data.zip",
        export_of,
        allowed=HOUSEHOLD_STAFF,
        summary="All that is kept about a person, for the person, with the reason",
        request_model=ExportQuery,
        extra_errors=(404,),
    ),
    Route(
        "POST",
        f"{_OF}/erasure",
        erase,
        allowed=HOUSEHOLD_STAFF,
        summary="Delete everything about a person",
        request_model=ErasureRequest,
        response_model=ErasureView,
        status=202,
        extra_errors=(404,),
    ),
    Route(
        "GET",
        "/api/v1/erasures/{id}",
        erasure,
        allowed=HOUSEHOLD_STAFF,
        summary="How far a deletion is",
        response_model=ErasureView,
        extra_errors=(404,),
    ),
)
