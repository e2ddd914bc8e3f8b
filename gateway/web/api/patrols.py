"""Rounds past checkpoints: how they went, and scans of guards' phones."""

from __future__ import annotations

from datetime import timedelta

from gateway.limits import RateLimit
from gateway.model import Role, Words
from gateway.patrol.log import JudgedRound
from gateway.patrol.plan import PlannedCheckpoint
from gateway.patrol.service import KeptScan, PhoneScan
from gateway.web.patrol_models import (
    BriefRound,
    DaysQuery,
    PatrolDay,
    PatrolDays,
    PatrolList,
    PatrolQuery,
    PointName,
    PointView,
    RoundProgress,
    RoundView,
    ScanAnswer,
    ScanAnswers,
    ScansRequest,
    ScanView,
)
from gateway.web.request_context import RequestContext
from gateway.web.responses import WordsView
from gateway.web.routes import GUARDS, Access, Route

WATCHERS: Access = frozenset({Role.GUARD, Role.SUPERVISOR, Role.MANAGER})
"""Those who may see who walked where. An installer needs no guards' names."""
_PATH = "/api/v1/patrols"


async def list_rounds(context: RequestContext[PatrolQuery]) -> PatrolList:
    """Handler of GET /api/v1/patrols. Without a day also a round that began before midnight and is still walked."""
    patrols, asked, now = context.services.patrols, context.params.day, context.services.now()
    day = asked or patrols.today()
    found = await patrols.rounds(day if asked else day - timedelta(days=1), day)
    of_the_day = [
        each for each in found if each.plan.due.astimezone(patrols.zone).date() == day or each.plan.closes >= now
    ]
    return PatrolList(day=day, items=[_round_view(each) for each in of_the_day])


async def list_days(context: RequestContext[DaysQuery]) -> PatrolDays:
    """Handler of GET /api/v1/patrols/days."""
    patrols = context.services.patrols
    today = patrols.today()
    days = [today - timedelta(days=offset) for offset in range(context.params.days)]
    found = await patrols.rounds(days[-1], today)
    by_day = {day: [each for each in found if each.plan.due.astimezone(patrols.zone).date() == day] for day in days}
    return PatrolDays(items=[PatrolDay(day=day, rounds=[_brief(each) for each in by_day[day]]) for day in days])


class ScanRoutes:
    """Takes scans. A phone may have kept a night's worth, so many at once are allowed, and few requests."""

    def __init__(self) -> None:
        self._by_user = RateLimit(120, timedelta(minutes=10))

    def routes(self) -> tuple[Route, ...]:
        """The route of phones."""
        return (
            Route(
                "POST",
                f"{_PATH}/scans",
                self.scan,
                allowed=GUARDS,
                summary="Record scans of checkpoints, also those that a phone kept while it had no signal",
                request_model=ScansRequest,
                response_model=ScanAnswers,
                max_body_bytes=32 * 1024,
                extra_errors=(429,),
            ),
        )

    async def scan(self, context: RequestContext[ScansRequest]) -> ScanAnswers:
        """Handler of POST /api/v1/patrols/scans. A scan is on disk before it is answered."""
        self._by_user.take(context.identity.user)
        patrols, user, asked = context.services.patrols, context.identity.user, context.params
        kept: list[KeptScan | None] = []
        for each in sorted(asked.scans, key=lambda one: one.made):
            checkpoint = await patrols.checkpoint_of(each.token)
            one = PhoneScan(each.key, each.made, asked.sent)
            kept.append(None if checkpoint is None else await patrols.scan(checkpoint, user, one))
        rounds = await patrols.rounds(patrols.today() - timedelta(days=1), patrols.today() + timedelta(days=1))
        ordered = sorted(asked.scans, key=lambda one: one.made)
        return ScanAnswers(
            items=[_answer(each.key, one, user, rounds) for each, one in zip(ordered, kept, strict=True)]
        )


def _answer(key: str, kept: KeptScan | None, user: str, rounds: list[JudgedRound]) -> ScanAnswer:
    if kept is None:
        return ScanAnswer(key=key, checkpoint=None, late=False, doubt="", round=None)
    point = kept.checkpoint
    return ScanAnswer(
        key=key,
        checkpoint=PointName(id=point.id, name=_words(point.name.words), place=point.place),
        late=kept.placed.late,
        doubt=kept.placed.doubt,
        round=None if kept.placed.doubt else _progress(kept, user, rounds),
    )


def _progress(kept: KeptScan, user: str, rounds: list[JudgedRound]) -> RoundProgress | None:
    """How far the round is that holds this scan, or one of the same checkpoint before it."""
    made = kept.placed.made
    for each in rounds:
        scan = each.verdict.scans.get(kept.checkpoint.id)
        if scan is not None and scan.user == user and each.plan.opens <= made <= each.plan.closes:
            return RoundProgress(
                name=_words(each.plan.name), done=len(each.verdict.scans), total=len(each.plan.checkpoints)
            )
    return None


def _round_view(each: JudgedRound) -> RoundView:
    plan, verdict = each.plan, each.verdict
    return RoundView(
        key=plan.key,
        round=plan.round,
        name=_words(plan.name),
        due_at=plan.due,
        opens_at=plan.opens,
        begins_by=plan.begins_by,
        closes_at=plan.closes,
        state=verdict.state,
        who=plan.who,
        done=len(verdict.scans),
        total=len(plan.checkpoints),
        checkpoints=[_point_view(each, point) for point in plan.checkpoints],
        faults=[_words(fault.reason) for fault in verdict.faults.values()],
    )


def _point_view(each: JudgedRound, point: PlannedCheckpoint) -> PointView:
    scan = each.verdict.scans.get(point.id)
    over = each.verdict.state in {"missed", "incomplete"} or f"missed/{point.id}" in each.verdict.faults
    return PointView(
        id=point.id,
        name=_words(point.name),
        place=point.place,
        state="done" if scan else "missed" if over else "open",
        marks=each.verdict.marks.get(point.id, ()),
        scan=scan and ScanView(user=scan.user, at=scan.time, received_at=scan.received, by=scan.by, late=scan.late),
    )


def _brief(each: JudgedRound) -> BriefRound:
    plan, verdict = each.plan, each.verdict
    return BriefRound(
        key=plan.key,
        round=plan.round,
        name=_words(plan.name),
        due_at=plan.due,
        state=verdict.state,
        done=len(verdict.scans),
        total=len(plan.checkpoints),
        late=any(scan.late for scan in verdict.scans.values()),
        faults=[_words(fault.reason) for fault in verdict.faults.values()],
    )


def _words(words: Words) -> WordsView:
    return WordsView(zh=words.zh, en=words.en)


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        _PATH,
        list_rounds,
        allowed=WATCHERS,
        summary="The rounds of a day, with their checkpoints, scans and faults",
        request_model=PatrolQuery,
        response_model=PatrolList,
    ),
    Route(
        "GET",
        f"{_PATH}/days",
        list_days,
        allowed=WATCHERS,
        summary="The rounds of the last days, in brief",
        request_model=DaysQuery,
        response_model=PatrolDays,
    ),
)
