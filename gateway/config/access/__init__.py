"""The settings of access.yaml: which door lets whom in, when, by which credentials.

The file is optional. A door that it does not name is opened by no credential; its own controller may still do so.
"""

from __future__ import annotations

from gateway.settings.section import Section

__all__ = ["AccessSettings"]


class AccessSettings(Section):
    """access.yaml"""
