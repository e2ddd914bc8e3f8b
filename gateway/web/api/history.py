"""Looking back: search over alerts, and timelines. Each look is in the audit, with its reason for a person or plate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from gateway.auth.audience import audience_of
from gateway.history import rows, timeline
from gateway.history.terms import Wanted, match
from gateway.model import Alert, Disposition, Words
from gateway.web.alert_responses import AlertView
from gateway.web.api_errors import ApiError, not_found
from gateway.web.history_responses import HistoryList, TimelineEntry, TimelineView
from gateway.web.period_query import PeriodQuery, period_of
from gateway.web.request_context import RequestContext
from gateway.web.requests import RowNumber, ShortText
from gateway.web.routes import STAFF, Route
from gateway.web.serializers import Serializer
from gateway.web.services import Services
from gateway.web.view_audit import SEARCH, TIMELINE, ViewAudit

_MOST_PERSONS, _MOST_PLACES, _MOST_DEVICES, _BATCHES = 20, 50, 200, 20
_SIGNALS_OF_LIST = 20
Reason = Annotated[str, Field(max_length=200)]
Limit = Annotated[int, Field(ge=1, le=200)]


class HistoryQuery(PeriodQuery):
    """What is looked for; all that is given must fit. `why` is needed where a person or a plate is looked for."""

    place: ShortText | None = Field(None, description="a path, or a part of a name; places below it fit too")
    device: ShortText | None = None
    rule: ShortText | None = None
    kind: ShortText | None = Field(None, description="the kind of one of its signals")
    severity: Literal["critical", "high", "medium", "low"] | None = None
    disposition: Disposition | None = None
    guard: ShortText | None = Field(None, description="the account of somebody who took a step")
    person: ShortText | None = Field(None, description="a name or a part of it, or the id of a person")
    plate: ShortText | None = Field(None, description="a number plate or a part of it")
    words: ShortText | None = Field(None, description="words of reasons, notes and residents' reports")
    why: Reason = Field("", description="why it is looked for; stands in the audit")
    after: RowNumber | None = None
    limit: Limit = 50


class TimelineQuery(PeriodQuery):
    """Of exactly one of `place`, `device`, `person` and `plate`."""

    place: ShortText | None = Field(None, description="a path, or a part of a name; with all places below it")
    device: ShortText | None = None
    person: ShortText | None = Field(None, description="a name or a part of it, or the id of a person")
    plate: ShortText | None = Field(None, description="the whole number plate")
    why: Reason = Field("", description="why it is looked at; needed for a person or a plate")
    after: Annotated[str, Field(max_length=60)] | None = None
    limit: Limit = 50


class HistoryRoutes:
    """Brings the index of words up to date before each search."""

    def __init__(self, views: ViewAudit) -> None:
        self._views = views

    def routes(self) -> tuple[Route, ...]:
        """The routes of the history."""
        return (
            Route(
                "GET",
                "/api/v1/history",
                self.search,
                allowed=STAFF,
                summary="Search over all alerts, newest first",
                request_model=HistoryQuery,
                response_model=HistoryList,
            ),
            Route(
                "GET",
                "/api/v1/timeline",
                self.timeline,
                allowed=STAFF,
                summary="Signals, alerts and people's steps of a place, device, person or vehicle, newest first",
                request_model=TimelineQuery,
                response_model=TimelineView,
                extra_errors=(404,),
            ),
        )

    async def search(self, context: RequestContext[HistoryQuery]) -> HistoryList:
        """Handler of GET /api/v1/history."""
        services, query, period = context.services, context.params, period_of(context.services, context.params)
        _need_reason(query.person or query.plate, query.why)
        await self._record(context, SEARCH, query)
        wanted = Wanted(
            **{name: getattr(query, name) or "" for name in _FIELDS},
            disposition=query.disposition.value if query.disposition else "",
            places=places_named(services, query.place) if query.place else (),
            persons=_persons(services, query.person) if query.person else (),
        )
        complete = await context.services.search_index.catch_up(_BATCHES)
        before = rows.NEVER if query.after is None else query.after
        find = partial(rows.found, match=match(wanted), begin=period.begin, end=period.end)
        pairs = await services.store.read(partial(find, before=before, limit=query.limit + 1))
        shown = pairs[: query.limit]
        items = await _serialized(context, [alert for _number, alert in shown])
        more = len(pairs) > query.limit
        return HistoryList(items=items, next=str(shown[-1][0]) if more else None, complete=complete)

    async def timeline(self, context: RequestContext[TimelineQuery]) -> TimelineView:
        """Handler of GET /api/v1/timeline."""
        query, period = context.params, period_of(context.services, context.params)
        _need_reason(query.person or query.plate, query.why)
        subject, about = _subject(context.services, query, context.language)
        await self._record(context, TIMELINE, query)
        complete = await context.services.search_index.catch_up(_BATCHES)
        page = partial(timeline.page, subject=subject, begin=period.begin, end=period.end, limit=query.limit)
        entries, cursor = await context.services.store.read(partial(page, after=_cursor(query.after)))
        items = await _timeline_entries(context, entries)
        return TimelineView(about=about, items=items, next=str(cursor) if cursor else None, complete=complete)

    async def _record(
        self, context: RequestContext[HistoryQuery] | RequestContext[TimelineQuery], action: str, query: PeriodQuery
    ) -> None:
        given = query.model_dump(mode="json", by_alias=True, exclude={"why", "after", "limit"}, exclude_none=True)
        if "person" in given:  # the audit is kept when the person is deleted, so it holds ids and no name
            given["person"] = ",".join(_persons(context.services, given["person"])) or f"{given['person'][:1]}**"
        target = " ".join(f"{name}={value}" for name, value in given.items()) or "*"
        await self._views.record(context.identity.user, action, target, why=context.params.why.strip())


_FIELDS = ("device", "rule", "kind", "severity", "guard", "person", "plate", "words")


def _need_reason(personal: str | None, why: str) -> None:
    if personal and not why.strip():
        words = Words("查询人员或车牌要写明事由", "Say why a person or a plate is looked for: `why`")
        raise ApiError(400, words, "reason_needed")


def places_named(services: Services, text: str) -> list[str]:
    """The path itself, or the highest places whose name holds the text; the text where there is none."""
    places, wanted = services.compound.places, text.casefold().replace(" ", "")
    if text in places:
        return [text]
    named = {
        path
        for path, place in places.items()
        if any(wanted in name.casefold().replace(" ", "") for name in (place.name.zh, place.name.en))
    }
    highest = [path for path in sorted(named) if not _above(path, named)]
    return highest[:_MOST_PLACES] or [text]


def _above(path: str, among: Collection[str]) -> list[str]:
    parts = path.split("/")
    return [above for end in range(1, len(parts)) if (above := "/".join(parts[:end])) in among]


def _persons(services: Services, text: str) -> list[str]:
    """The ids of the persons whose name holds the text; the text itself when it is an id."""
    persons = services.register.snapshot.persons
    if text in persons:
        return [text]
    wanted = text.casefold().strip()
    found = [each for each, resident in persons.items() if wanted and wanted in resident.person.name.casefold()]
    return found[:_MOST_PERSONS]


def _subject(services: Services, query: TimelineQuery, language: str) -> tuple[timeline.Subject, list[str]]:
    given = [name for name in ("place", "device", "person", "plate") if getattr(query, name)]
    match given:
        case ["place"]:
            return _place(services, query.place or "", language)
        case ["device"]:
            device = query.device or ""
            known = services.compound.devices.get(device)
            subject = timeline.Subject("device", [device], Wanted(device=device))
            return subject, [known.name if known else device]
        case ["person"]:
            persons = _persons(services, query.person or "")
            if not persons:
                raise not_found(Words("这个人", "person"))
            names = [services.register.snapshot.persons[person].person.name for person in persons]
            return timeline.Subject("person", persons, Wanted(persons=persons)), names
        case ["plate"]:
            plate = (query.plate or "").strip().upper()
            return timeline.Subject("plate", [plate], Wanted(plate=plate)), [plate]
    words = Words("请给出地点、设备、人员或车牌中的一个", "Give exactly one of place, device, person and plate")
    raise ApiError(400, words)


def _place(services: Services, place: str, language: str) -> tuple[timeline.Subject, list[str]]:
    compound = services.compound
    places = places_named(services, place)
    devices = [
        device.id
        for device in compound.devices.values()
        if any(f"{device.place}/".startswith(f"{each}/") for each in places)
    ]
    subject = timeline.Subject("device", devices[:_MOST_DEVICES], Wanted(places=places))
    return subject, [compound.place_name(each)[language] for each in places]


def _cursor(text: str | None) -> timeline.Cursor:
    try:
        return timeline.Cursor() if text is None else timeline.Cursor.of(text)
    except ValueError as error:
        raise ApiError(400, Words("after 不正确", "`after` is not the cursor of a page")) from error


async def _timeline_entries(
    context: RequestContext[TimelineQuery], entries: Sequence[timeline.Entry]
) -> list[TimelineEntry]:
    alerts = [entry for entry in entries if isinstance(entry, Alert)]
    views = {view.id: view for view in await _serialized(context, alerts)}
    serializer, audience = Serializer(context.services), audience_of(context.identity.role)
    return [
        TimelineEntry(at=entry.raised_at, alert=views[entry.id])
        if isinstance(entry, Alert)
        else TimelineEntry(at=entry.time, signal=serializer.signal(entry, audience))
        for entry in entries
    ]


async def _serialized(
    context: RequestContext[HistoryQuery] | RequestContext[TimelineQuery], alerts: Sequence[Alert]
) -> list[AlertView]:
    audience = audience_of(context.identity.role)
    return list(await Serializer(context.services).alerts(alerts, audience, _SIGNALS_OF_LIST))
