"""The audit: who did, viewed and took away what, and whether the chain of its hashes is intact."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

from gateway.store import Store, audit
from gateway.store.audit import StepFilter
from gateway.web.history_responses import AuditEntry, AuditList, ChainView
from gateway.web.period_query import PeriodQuery, period_of
from gateway.web.request_context import RequestContext
from gateway.web.requests import PageSize, RowNumber, ShortText
from gateway.web.routes import LEADERS, Route
from gateway.web.view_audit import AUDIT, ViewAudit

_CHECK_AGAIN_AFTER = timedelta(minutes=1)


class AuditQuery(PeriodQuery):
    """Filters of the audit; without `from` and `to` it goes back to its beginning."""

    user: ShortText | None = None
    action: ShortText | None = None
    after: RowNumber | None = None
    limit: PageSize = 100


class AuditRoutes:
    """Checks the chain at most once a minute, for each check reads it whole."""

    def __init__(self, views: ViewAudit) -> None:
        self._views = views
        self._checking = asyncio.Lock()
        self._checked: ChainView | None = None

    def routes(self) -> tuple[Route, ...]:
        """The route of the audit."""
        return (
            Route(
                "GET",
                "/api/v1/audit",
                self.list,
                allowed=LEADERS,
                summary="The audit, newest first, and whether its chain of hashes is intact",
                request_model=AuditQuery,
                response_model=AuditList,
            ),
        )

    async def list(self, context: RequestContext[AuditQuery]) -> AuditList:
        """Handler of GET /api/v1/audit."""
        query, store = context.params, context.services.store
        given = query.begin or query.end
        period = period_of(context.services, context.params) if given else None
        selected = StepFilter(
            query.user,
            query.action,
            period.begin if period and query.begin else None,
            period.end if period and query.end else None,
        )
        found = await store.read(partial(audit.page, selected=selected, before=query.after, limit=query.limit + 1))
        shown = found[: query.limit]
        chain = await self._chain(store, context.services.now()) if query.after is None else None
        await self._views.record(context.identity.user, AUDIT, _target(query))
        items = [
            AuditEntry(
                number=number,
                at=step.at,
                user=step.user,
                action=step.action,
                alert=step.alert,
                note=step.note,
                data=step.data,
                hash=digest,
            )
            for number, step, digest in shown
        ]
        return AuditList(items=items, next=str(shown[-1][0]) if len(found) > query.limit else None, chain=chain)

    async def _chain(self, store: Store, now: datetime) -> ChainView:
        async with self._checking:
            if self._checked is None or abs(now - self._checked.checked_at) > _CHECK_AGAIN_AFTER:
                found = await store.read(audit.chain_summary)
                self._checked = ChainView.model_validate({**found, "checked_at": now})
            return self._checked


def _target(query: AuditQuery) -> str:
    given = query.model_dump(mode="json", by_alias=True, exclude={"after", "limit"}, exclude_none=True)
    return " ".join(f"{name}={value}" for name, value in given.items()) or "*"
