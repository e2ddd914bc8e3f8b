"""Checks of access.yaml across devices and places."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.config.access import AccessSettings
from gateway.config.configuration import DeviceEntry
from gateway.config.document import Document


def check_access(document: Document, access: AccessSettings, devices: Sequence[DeviceEntry]) -> None:
    """Add the mistakes to the document."""
