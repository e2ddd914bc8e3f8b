"""The settings of desk.yaml as the web routes need them."""

from __future__ import annotations

from gateway.config.desk import AnnouncementSection, DeskSettings
from gateway.model import Role
from gateway.web.desk_options import Announcement, AnnouncementTarget, DeskOptions, Tour

_MB = 1_000_000


def desk_options(desk: DeskSettings) -> DeskOptions:
    """Made once for each configuration."""
    exporting = {Role.SUPERVISOR, Role.MANAGER} | ({Role.GUARD} if desk.evidence.export == "guard" else set())
    return DeskOptions(
        tours=[Tour(tour.name.words, tour.cameras, tour.dwell, tour.layout) for tour in desk.tours],
        announcements={each.id: _announcement(each) for each in desk.announcements},
        confirm=frozenset(desk.commands.confirm),
        reason=frozenset(desk.commands.reason),
        strict=desk.commands.strict,
        export_roles=frozenset(exporting),
        export_bytes=desk.evidence.largest_mb * _MB,
    )


def _announcement(section: AnnouncementSection) -> Announcement:
    targets = [AnnouncementTarget(each.device, each.action, dict(each.arguments)) for each in section.targets]
    return Announcement(section.id, section.text.words, targets)
