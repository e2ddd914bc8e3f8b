"""The register as a list: imported from a file with a preview, and exported again. Both are in the audit."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web

from gateway.model import Action, Step, Words
from gateway.people.import_plan import Count, ImportPlan, PlannedChange, Subject
from gateway.people.list_mistakes import LineMistake, ListRefused
from gateway.people.register_writer import ChangedBy
from gateway.people.roster import read_roster
from gateway.people.roster_export import BOM, Layout, csv_lines, export_rows, heading
from gateway.people.roster_import import import_roster, plan_roster
from gateway.people.stored_register import read_register
from gateway.people.workbook import write_workbook
from gateway.store import audit
from gateway.web.api_errors import key_needed
from gateway.web.body import save_body
from gateway.web.file_response import StoredFileResponse
from gateway.web.people_models import (
    ImportChange,
    ImportCount,
    ImportMistake,
    ImportQuery,
    ImportReport,
    PeopleExportQuery,
)
from gateway.web.request_context import RequestContext
from gateway.web.routes import HOUSEHOLD_STAFF, Route
from gateway.web.serializers import words_view

MAX_BYTES = 16 * 1024 * 1024
"""Of a file to import; 15,000 people with their cards take about 2 MB."""
_TIMEOUT_S = 120.0
_MOST_SHOWN = 500
_CSV = "text/csv"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PeopleLists:
    """One list at a time: a whole register takes seconds of a processor."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Semaphore(1)

    def routes(self) -> tuple[Route, ...]:
        """The routes of lists."""
        return (
            Route(
                "POST",
                "/api/v1/people/import",
                self.take_in,
                allowed=HOUSEHOLD_STAFF,
                summary="Import a list (CSV or XLSX) of people, vehicles and cards, all or nothing",
                request_model=ImportQuery,
                response_model=ImportReport,
                upload=(_CSV, _XLSX),
                max_body_bytes=MAX_BYTES,
                body_timeout_s=_TIMEOUT_S,
                extra_errors=(409, 413),
            ),
            *(
                Route(
                    "GET",
                    f"/api/v1/people/export.{kind}",
                    handler,
                    allowed=HOUSEHOLD_STAFF,
                    summary=f"The register as {kind.upper()}, as an import takes it; PINs are not in it",
                    request_model=PeopleExportQuery,
                    media_type=media_type,
                )
                for kind, handler, media_type in (("csv", self.csv, _CSV), ("xlsx", self.xlsx, _XLSX))
            ),
        )

    async def take_in(self, context: RequestContext[ImportQuery]) -> ImportReport | web.Response:
        """Handler of POST /api/v1/people/import. The body is the file; with mistakes the answer has status 400."""
        async with self._one_at_a_time:
            with tempfile.TemporaryDirectory(prefix="anju-import-") as folder:
                file = Path(folder, "list.csv")
                await save_body(context.request, file, MAX_BYTES, _TIMEOUT_S)
                try:
                    with key_needed():
                        plan = await _import(context, file)
                except ListRefused as refused:
                    return _refusal(context, refused.lines)
        return _report(context, plan, applied=not context.params.dry_run)

    async def csv(self, context: RequestContext[PeopleExportQuery]) -> web.Response:
        """Handler of GET /api/v1/people/export.csv."""
        async with self._one_at_a_time:
            layout, rows = await _exported(context, "csv")
            body = await asyncio.to_thread(csv_lines, [heading(layout.language), *rows])
        return web.Response(body=BOM + body, headers=_headers(layout, "csv", f"{_CSV}; charset=utf-8"))

    async def xlsx(self, context: RequestContext[PeopleExportQuery]) -> web.StreamResponse:
        """Handler of GET /api/v1/people/export.xlsx: made in a file, since a workbook is whole only at its end."""
        async with self._one_at_a_time:
            layout, rows = await _exported(context, "xlsx")
            with tempfile.TemporaryDirectory(prefix="anju-export-") as folder:
                path = Path(folder, "people.xlsx")
                await asyncio.to_thread(write_workbook, path, heading(layout.language), rows)
                response = StoredFileResponse(path, headers=_headers(layout, "xlsx", _XLSX))
                await response.prepare(context.request)  # sent here, while the file exists
        return response


async def _import(context: RequestContext[ImportQuery], file: Path) -> ImportPlan:
    services, query, now = context.services, context.params, context.services.now()
    compound, user = services.compound, context.identity.user
    roster = await asyncio.to_thread(read_roster, file, compound.places, ZoneInfo(compound.timezone))
    if query.dry_run:
        return await plan_roster(services.store, roster, now, replace=query.replace)
    why = query.why.strip() or "import"

    async def commit(unit: Callable[[sqlite3.Connection], object]) -> None:
        data = {"replace": query.replace, "lines": len(roster.persons)}

        def both(connection: sqlite3.Connection) -> None:
            unit(connection)
            audit.append(connection, Step("", "people-import", user, now, data=data))

        await services.act(Action(kind="register.changed", user=user, time=now, data=data), both)

    by = ChangedBy(user, why)
    plan = await import_roster(services.store, roster, now, replace=query.replace, by=by, commit=commit)
    if plan.changes:
        await services.register.refresh()
    return plan


async def _exported(context: RequestContext[PeopleExportQuery], kind: str) -> tuple[Layout, list[list[str]]]:
    """The rows; that they are taken is on record before. Raises NotRecorded: then nothing is sent."""
    services, query, now = context.services, context.params, context.services.now()
    data = {"as": kind, "under": query.under or ""}
    step = Step("", "people-export", context.identity.user, now, query.why.strip(), data)
    await services.store.write(lambda connection: audit.append(connection, step))
    vault = services.store.vault
    with key_needed():
        stored = await services.store.read(lambda connection: read_register(connection, vault, card_numbers=True))
    language = query.lang or context.language
    layout = Layout(language, ZoneInfo(services.compound.timezone), now, query.under or "")
    return layout, await asyncio.to_thread(export_rows, stored, layout)


def _headers(layout: Layout, kind: str, content_type: str) -> dict[str, str]:
    day = layout.at.astimezone(layout.zone).strftime("%Y%m%d")
    return {
        hdrs.CONTENT_TYPE: content_type,
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="people-{day}.{kind}"',
        hdrs.CACHE_CONTROL: "no-store",
    }


def _report(context: RequestContext[ImportQuery], plan: ImportPlan, *, applied: bool) -> ImportReport:
    counts = {subject: _count(plan.counts[subject]) for subject in Subject}
    return ImportReport(
        dry_run=context.params.dry_run,
        applied=applied,
        people=counts[Subject.PERSON],
        memberships=counts[Subject.MEMBERSHIP],
        vehicles=counts[Subject.VEHICLE],
        cards=counts[Subject.CARD],
        pins=counts[Subject.PIN],
        total_changes=len(plan.changes),
        changes=[_change(context, each) for each in plan.changes[:_MOST_SHOWN]],
        total_mistakes=0,
        mistakes=[],
    )


def _refusal(context: RequestContext[ImportQuery], mistakes: Sequence[LineMistake]) -> web.Response:
    """The report with the mistakes. A preview with mistakes is an answer; an import with mistakes is a refusal."""
    language = context.language
    report = _report(context, ImportPlan(0), applied=False).model_copy(
        update={
            "total_mistakes": len(mistakes),
            "mistakes": [
                ImportMistake(line=each.line, what=each.what[language], fix=each.fix[language])
                for each in mistakes[:_MOST_SHOWN]
            ],
        }
    )
    body = report.model_dump(mode="json")
    if context.params.dry_run:
        return web.json_response(body)
    words = Words(
        f"文件有 {len(mistakes)} 处错误，没有导入任何内容",
        f"The file has {len(mistakes)} mistakes; nothing of it was imported",
    )
    error = {"code": "mistakes", "message": words[language]}
    return web.json_response({**body, "error": error}, status=400)


def _count(count: Count) -> ImportCount:
    return ImportCount(added=count.added, changed=count.changed, ended=count.ended, unchanged=count.unchanged)


def _change(context: RequestContext[ImportQuery], change: PlannedChange) -> ImportChange:
    place = change.place
    return ImportChange(
        line=change.line,
        what=change.subject.value,
        change=change.change,
        place=place,
        place_name=words_view(context.services.compound.place_name(place)) if place else None,
        label=change.label,
        fields=list(change.fields),
    )
