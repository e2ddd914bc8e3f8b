"""Checks of residents.yaml across devices, places and notifiers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.config.configuration import DeviceEntry
from gateway.config.document import Document
from gateway.config.home_checks import check_homes
from gateway.config.residents import ResidentsSettings
from gateway.settings.mend import did_you_mean


def check_residents(
    document: Document,
    residents: ResidentsSettings,
    devices: Sequence[DeviceEntry],
    notifiers: Collection[str],
) -> None:
    """Add the mistakes to the document. `notifiers` are the ids of desk.yaml's notifiers."""
    chosen = residents.sign_in.notifier
    if chosen is not None and chosen not in notifiers:
        document.add_mistake(
            ("sign_in", "notifier"),
            f"there is no notifier {chosen!r} in desk.yaml",
            did_you_mean(chosen, notifiers) if notifiers else "add a notifier of kind sms_gateway there",
        )
    check_homes(document, residents.homes, devices, notifiers)
