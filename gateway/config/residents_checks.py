"""Checks of residents.yaml across devices, places and notifiers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.config.configuration import DeviceEntry
from gateway.config.document import Document
from gateway.config.residents import ResidentsSettings


def check_residents(
    document: Document, residents: ResidentsSettings, devices: Sequence[DeviceEntry], notifiers: Collection[str]
) -> None:
    """Add the mistakes to the document. `notifiers` are the ids of desk.yaml's notifiers."""
