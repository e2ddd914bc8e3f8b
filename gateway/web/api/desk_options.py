"""What desk.yaml says about camera tours, announcements and commands."""

from __future__ import annotations

from typing import Any

from gateway.web.desk_options import Announcement
from gateway.web.desk_responses import AnnouncementTargetView, AnnouncementView, DeskView, TourView
from gateway.web.request_context import RequestContext
from gateway.web.routes import ANY_USER, Route
from gateway.web.serializers import words_view
from gateway.web.services import CompoundInfo


async def show_desk(context: RequestContext[Any]) -> DeskView:
    """Handler of GET /api/v1/desk."""
    compound = context.services.compound
    desk = compound.desk
    tours = [
        TourView(
            name=words_view(tour.name),
            cameras=list(tour.cameras),
            dwell=tour.dwell.total_seconds(),
            layout=tour.layout,
        )
        for tour in desk.tours
    ]
    return DeskView(
        tours=tours,
        announcements=[_announcement(compound, each) for each in desk.announcements.values()],
        confirm=sorted(desk.confirm),
        reason=sorted(desk.reason),
        may_export=context.identity.role in desk.export_roles,
    )


def _announcement(compound: CompoundInfo, announcement: Announcement) -> AnnouncementView:
    devices = [compound.devices[each.device] for each in announcement.targets if each.device in compound.devices]
    targets = [
        AnnouncementTargetView(
            device=device.id, name=device.name, place_name=words_view(compound.place_name(device.place))
        )
        for device in devices
    ]
    return AnnouncementView(id=announcement.id, text=words_view(announcement.text), targets=targets)


ROUTES = (
    Route(
        "GET",
        "/api/v1/desk",
        show_desk,
        allowed=ANY_USER,
        summary="Camera tours, announcements, and which commands need a confirmation or a reason",
        response_model=DeskView,
    ),
)
