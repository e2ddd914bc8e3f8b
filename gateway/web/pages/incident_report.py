"""The report on an incident, to print or to keep: its story, its procedure, and the hashes of the audit chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from gateway.auth.audience import audience_of
from gateway.errors import NotRecorded
from gateway.model import Incident, Role, Step, Words
from gateway.store import audit
from gateway.store.columns import from_us
from gateway.web.api_errors import not_found
from gateway.web.incident_serializer import IncidentSerializer
from gateway.web.pages.incident_report_texts import ROLES, SEVERITIES, STATES, TEXTS, step_words
from gateway.web.pages.renderer import PageRenderer
from gateway.web.procedure_serializer import ProcedureSerializer
from gateway.web.request_context import RequestContext
from gateway.web.routes import Route

log = structlog.get_logger(__name__)
VIEWED = "report-view"
_READERS = frozenset({Role.GUARD, Role.SUPERVISOR, Role.MANAGER})
"""Not installers: a report names people."""
_GATEWAY = "anju"


class IncidentReportPages:
    """Shows the report; each look is put on record, for it leaves the screen."""

    def __init__(self, renderer: PageRenderer) -> None:
        self._renderer = renderer

    def routes(self) -> tuple[Route, ...]:
        """The report's route."""
        return (Route("GET", "/reports/incident/{id}", self.show, allowed=_READERS, page=True),)

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /reports/incident/{id}."""
        incident_id = context.path_param("id")
        incident = await context.services.desk.incidents.incident(incident_id)
        if incident is None:
            raise not_found(Words("这个案情", f"incident {incident_id}"))
        await self._record(context, incident)
        audience, requested = audience_of(context.identity.role), context.request.query.get("lang", "")
        language = requested if requested in {"zh", "en"} else context.language
        facts = context.services.compound
        zone = ZoneInfo(facts.timezone)
        rows, head = await context.services.store.read(lambda connection: _chain(connection, incident))
        return self._renderer.page(
            context,
            "incident_report.html",
            texts={key: words[language] for key, words in TEXTS.items()},
            language=language,
            compound=facts.name,
            incident=await IncidentSerializer(context.services).detail(incident, audience),
            procedure=(await ProcedureSerializer(context.services, audience).procedure(incident)).procedure,
            rows=[_row(row, language) for row in rows],
            head=head,
            pick=lambda words: words.en if language == "en" else words.zh,
            clock=lambda at: _clock(at, zone),
            severity=lambda name: SEVERITIES[name][language],
            state=lambda name: STATES[name][language],
            role=lambda name: ROLES[name][language],
            step_name=lambda kind: step_words(kind)[language],
            who=lambda user: TEXTS["gateway"][language] if user == _GATEWAY else user or "",
            printed_by=context.identity.user,
            printed_at=context.services.now(),
        )

    async def _record(self, context: RequestContext[Any], incident: Incident) -> None:
        step = Step(incident.id, VIEWED, context.identity.user, context.services.now())
        try:
            await context.services.store.write(lambda connection: audit.append(connection, step))
        except NotRecorded as error:
            log.error("a look at a report is not recorded", user=step.user, incident=incident.id, why=str(error))


def _chain(connection: sqlite3.Connection, incident: Incident) -> tuple[list[dict[str, Any]], str]:
    """The rows of the incident and of its alerts, oldest first, and the head of the whole chain."""
    found: list[dict[str, Any]] = []
    for subject in (incident.id, *incident.alerts):
        found += audit.rows_of(connection, subject)
    return sorted(found, key=lambda row: int(row["number"])), audit.head(connection)


def _row(row: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {
        "number": row["number"],
        "at": from_us(row["at"]),
        "user": row["user"],
        "what": step_words(row["action"])[language],
        "hash": row["hash"],
        "valid": audit.has_valid_hash(row),
    }


def _clock(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else ""
