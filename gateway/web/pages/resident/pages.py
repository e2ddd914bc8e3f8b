"""The routes of residents' pages."""

from __future__ import annotations

from gateway.web.pages.renderer import PageRenderer
from gateway.web.pages.resident.alarm import AlarmPages
from gateway.web.pages.resident.alerts import AlertPages
from gateway.web.pages.resident.care import CarePages
from gateway.web.pages.resident.consents import ConsentPages
from gateway.web.pages.resident.devices import DevicePages
from gateway.web.pages.resident.door import DoorPages
from gateway.web.pages.resident.home import HomePages
from gateway.web.pages.resident.household import HouseholdPages
from gateway.web.pages.resident.page import ResidentPage
from gateway.web.pages.resident.passes import PassPages
from gateway.web.pages.resident.privacy import PrivacyPages
from gateway.web.pages.resident.sign_in import SignInPages
from gateway.web.pages.resident.visits import VisitAnswers
from gateway.web.routes import Route


class ResidentPages:
    """Every page below /r/."""

    def __init__(self, renderer: PageRenderer) -> None:
        page = ResidentPage(renderer)
        self._parts = (
            SignInPages(page),
            HomePages(page),
            HouseholdPages(page),
            PassPages(page),
            DoorPages(page),
            AlarmPages(page),
            VisitAnswers(page),
            AlertPages(page),
            CarePages(page),
            PrivacyPages(page),
            ConsentPages(page),
            DevicePages(page),
        )

    def routes(self) -> tuple[Route, ...]:
        """The routes of all parts."""
        return tuple(route for part in self._parts for route in part.routes())
