"""What a household is told on its phones."""

from gateway.residents.notices.notices import Notice, Notices

__all__ = ["Notice", "Notices"]
