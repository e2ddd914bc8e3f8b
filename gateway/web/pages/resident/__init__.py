"""Residents' own pages, below /r/: rendered here, without script, for any phone's browser."""

from gateway.web.pages.resident.pages import ResidentPages

__all__ = ["ResidentPages"]
