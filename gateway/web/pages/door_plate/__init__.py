"""The pages of a door plate's QR code, for each kind of scanner; see docs/residents.md and docs/property.md.

Anybody who stands at the door can open them, so what is shown without sign-in never says who lives there, nor whether
anybody does.
"""

from __future__ import annotations

from gateway.limits import RefusalLog
from gateway.web.pages.door_plate.help import HelpPages
from gateway.web.pages.door_plate.limits import PageLimits
from gateway.web.pages.door_plate.plate_page import PlatePage
from gateway.web.pages.door_plate.progress import ProgressPages
from gateway.web.pages.door_plate.register import RegisterPages
from gateway.web.pages.door_plate.report import ReportPages
from gateway.web.pages.door_plate.staff import StaffPages
from gateway.web.pages.door_plate.visit import VisitPages
from gateway.web.pages.renderer import PageRenderer
from gateway.web.routes import Route


class DoorPlatePages:
    """All pages below /d/. `refusals` counts what was too much."""

    def __init__(self, renderer: PageRenderer, refusals: RefusalLog) -> None:
        page = PlatePage(renderer, PageLimits(refusals))
        self._parts = (
            ProgressPages(page),
            VisitPages(page),
            ReportPages(page),
            HelpPages(page),
            RegisterPages(page),
            StaffPages(page),
        )

    def routes(self) -> tuple[Route, ...]:
        """The routes; links of reports and visits first, since `{token}` matches anything."""
        return tuple(route for part in self._parts for route in part.routes())
