"""The duty log (值班记录): what is to be written now, what was written, and writing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.errors import Conflict, NotFound
from gateway.model import Words
from gateway.patrol.service import DutyEntry
from gateway.web.api.patrols import WATCHERS
from gateway.web.api_errors import ApiError, not_found
from gateway.web.patrol_models import (
    AskedList,
    AskedView,
    DutyItemView,
    DutyList,
    DutyQuery,
    DutyRequest,
    DutyView,
)
from gateway.web.request_context import RequestContext
from gateway.web.responses import WordsView
from gateway.web.routes import GUARDS, Route

_PATH = "/api/v1/duty"
_TYPES: Mapping[str, tuple[type, ...]] = {"tick": (bool,), "yes_no": (bool,), "number": (int, float), "text": (str,)}


async def list_asked(context: RequestContext[Any]) -> AskedList:
    """Handler of GET /api/v1/duty."""
    now, compound = context.services.now(), context.services.compound
    return AskedList(
        items=[
            AskedView(
                key=data["key"],
                log=data["log"],
                name=WordsView(**data["name"]),
                place=data["place"],
                place_name=_words(compound.place_name(data["place"])),
                due_at=data["due"],
                until=data["until"],
                late=now > datetime.fromisoformat(data["until"]),
                people=data["people"],
                items=_items(data),
            )
            for data in await context.services.patrols.asked()
        ]
    )


async def list_entries(context: RequestContext[DutyQuery]) -> DutyList:
    """Handler of GET /api/v1/duty/entries."""
    query = context.params
    found = await context.services.patrols.entries(query.after, query.limit + 1)
    shown = found[: query.limit]
    following = str(shown[-1].number) if len(found) > query.limit else None
    return DutyList(items=[_entry_view(each) for each in shown], next=following)


async def write_entry(context: RequestContext[DutyRequest]) -> DutyView:
    """Handler of POST /api/v1/duty/entries. The writer is one of those on duty, whether named or not."""
    body, patrols, user = context.params, context.services.patrols, context.identity.user
    asked = next((data for data in await patrols.asked() if data["key"] == body.key), None)
    if asked is not None:
        _check_answers(asked, body)
    people = list(dict.fromkeys([user, *body.people]))
    await _check_people(context, people)
    try:
        return _entry_view(await patrols.log(user, body.key, people, body.answers, body.note.strip()))
    except NotFound as error:
        raise not_found(Words("这一次值班记录", f"duty entry {body.key!r}")) from error
    except Conflict as error:
        words = Words("这一次值班记录已经填过了", "this entry of the duty log is written already")
        raise ApiError(409, words) from error


def _check_answers(asked: Mapping[str, Any], body: DutyRequest) -> None:
    """Every line is answered with the kind of answer that it asks for; what is not in order needs a note."""
    known = {item["id"]: item for item in asked["items"]}
    if unknown := set(body.answers) - set(known):
        names = ", ".join(sorted(unknown))
        raise ApiError(400, Words(f"表里没有 {names}", f"the form has no {names}"))
    for name, item in known.items():
        answer = body.answers.get(name)
        is_bool = isinstance(answer, bool)
        if (
            answer is None
            or answer == ""
            or not isinstance(answer, _TYPES[item["kind"]])
            or is_bool != (item["kind"] in {"tick", "yes_no"})
        ):
            words = Words(f"请填写：{item['text']['zh']}", f"Please answer: {item['text']['en']}")
            raise ApiError(400, words)
    out_of_order = [item for name, item in known.items() if item["kind"] == "tick" and body.answers[name] is False]
    if out_of_order and not body.note.strip():
        words = Words(
            f"「{out_of_order[0]['text']['zh']}」不正常，请在备注里写明",
            f"{out_of_order[0]['text']['en']} is not in order: say what is wrong in the note",
        )
        raise ApiError(400, words)


async def _check_people(context: RequestContext[Any], people: list[str]) -> None:
    for user in people:
        if await context.services.accounts.role_of(user) is None:
            raise not_found(Words("这位值班人员", f"user {user!r}"))


def _entry_view(entry: DutyEntry) -> DutyView:
    data = entry.data
    return DutyView(
        number=entry.number,
        key=entry.key,
        log=data["log"],
        name=WordsView(**data["name"]),
        place=data["place"],
        due_at=data["due"],
        at=entry.at,
        late=data["late"],
        user=entry.user,
        people=data["people"],
        needed=data["needed"],
        items=_items(data),
        answers=dict(data["answers"]),
        note=data["note"],
    )


def _items(data: Mapping[str, Any]) -> list[DutyItemView]:
    return [DutyItemView(id=item["id"], text=WordsView(**item["text"]), kind=item["kind"]) for item in data["items"]]


def _words(words: Words) -> WordsView:
    return WordsView(zh=words.zh, en=words.en)


ROUTES = (
    Route(
        "GET",
        _PATH,
        list_asked,
        allowed=GUARDS,
        summary="Entries of the duty log that are to be written now",
        response_model=AskedList,
    ),
    Route(
        "GET",
        f"{_PATH}/entries",
        list_entries,
        allowed=WATCHERS,
        summary="The duty log, newest first",
        request_model=DutyQuery,
        response_model=DutyList,
    ),
    Route(
        "POST",
        f"{_PATH}/entries",
        write_entry,
        allowed=GUARDS,
        summary="Write an entry of the duty log",
        request_model=DutyRequest,
        response_model=DutyView,
        extra_errors=(404, 409),
    ),
)
