"""Lists of alerts to take away, as CSV and as a workbook. Each is in the audit before its first byte is sent."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from aiohttp import hdrs, web
from pydantic import Field

from gateway.figures import rows as figure_rows
from gateway.figures.period import Period
from gateway.history import rows
from gateway.history.export import BOM, MOST_ROWS, Cell, Layout, Workbook, csv_lines
from gateway.model import Step, Words
from gateway.store import audit
from gateway.web.api_errors import ApiError
from gateway.web.file_response import StoredFileResponse
from gateway.web.period_query import PeriodQuery, period_of
from gateway.web.request_context import RequestContext
from gateway.web.routes import LEADERS, Route

_BATCH = 500
_CSV = "text/csv"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportQuery(PeriodQuery):
    """The period, and why the list is taken; the reason stands in the audit."""

    why: Annotated[str, Field(max_length=200)] = ""
    lang: Literal["zh", "en"] | None = Field(None, description="default: by Accept-Language")


class ExportRoutes:
    """Makes one list at a time: a hundred thousand rows take seconds of a processor."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Semaphore(1)

    def routes(self) -> tuple[Route, ...]:
        """The routes of lists."""
        return tuple(
            Route(
                "GET",
                f"/api/v1/alerts.{kind}",
                handler,
                allowed=LEADERS,
                summary=f"The alerts of a period as {kind.upper()}, at most {MOST_ROWS:,}, oldest first",
                request_model=ExportQuery,
                media_type=media_type,
            )
            for kind, handler, media_type in (("csv", self.csv, _CSV), ("xlsx", self.xlsx, _XLSX))
        )

    async def csv(self, context: RequestContext[ExportQuery]) -> web.StreamResponse:
        """Handler of GET /api/v1/alerts.csv."""
        period, layout = period_of(context.services, context.params), _layout(context)
        async with self._one_at_a_time:
            await _check_and_record(context, period, "csv")
            response = web.StreamResponse(headers=_headers(period, "csv", f"{_CSV}; charset=utf-8"))
            await response.prepare(context.request)
            await response.write(BOM + csv_lines([layout.heading()]))
            async for batch in _batches(context, period, layout):
                await response.write(csv_lines(batch))
            await response.write_eof()
        return response

    async def xlsx(self, context: RequestContext[ExportQuery]) -> web.StreamResponse:
        """Handler of GET /api/v1/alerts.xlsx: made in a file, since a workbook is whole only at its end."""
        period, layout = period_of(context.services, context.params), _layout(context)
        async with self._one_at_a_time:
            await _check_and_record(context, period, "xlsx")
            with tempfile.TemporaryDirectory(prefix="anju-export-") as folder:
                path = Path(folder, "alerts.xlsx")
                book = await asyncio.to_thread(Workbook, path, layout.heading())
                async for batch in _batches(context, period, layout):
                    await asyncio.to_thread(book.add, batch)
                await asyncio.to_thread(book.close)
                response = StoredFileResponse(path, headers=_headers(period, "xlsx", _XLSX))
                await response.prepare(context.request)  # sent here, while the file exists
        return response


def _layout(context: RequestContext[ExportQuery]) -> Layout:
    compound, language = context.services.compound, context.params.lang or context.language
    return Layout(
        language=language,
        zone=period_of(context.services, context.params).zone,
        place_name=lambda place: compound.place_name(place)[language],
        device_name=lambda device: (
            "" if device is None else compound.devices[device].name if device in compound.devices else device
        ),
        with_names=context.services.with_names,
    )


async def _check_and_record(context: RequestContext[ExportQuery], period: Period, kind: str) -> None:
    """Raises ApiError (400) for too many alerts, and NotRecorded when the audit takes no row: then nothing is sent."""
    store = context.services.store
    count = await store.read(partial(figure_rows.count, begin=period.begin, end=period.end))
    if count > MOST_ROWS:
        words = Words(
            f"这段时间有 {count} 条警情，一次最多导出 {MOST_ROWS} 条，请缩短时间范围",
            f"The period has {count} alerts; at most {MOST_ROWS} are exported at once: choose a shorter one",
        )
        raise ApiError(400, words)
    data = {"from": period.begin.isoformat(), "to": period.end.isoformat(), "as": kind, "rows": count}
    step = Step("", "alerts-export", context.identity.user, context.services.now(), context.params.why.strip(), data)
    await store.write(lambda connection: audit.append(connection, step))


async def _batches(
    context: RequestContext[ExportQuery], period: Period, layout: Layout
) -> AsyncIterator[list[Sequence[Cell]]]:
    position: rows.Position | None = rows.Position()
    while position is not None:
        query = partial(rows.taken, begin=period.begin, end=period.end, after=position, limit=_BATCH)
        found, position = await context.services.store.read(query)
        yield [layout.cells(each) for each in found]


def _headers(period: Period, kind: str, content_type: str) -> dict[str, str]:
    begin, end = (at.astimezone(period.zone).strftime("%Y%m%d") for at in (period.begin, period.end))
    return {
        hdrs.CONTENT_TYPE: content_type,
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="alerts-{begin}-{end}.{kind}"',
    }
