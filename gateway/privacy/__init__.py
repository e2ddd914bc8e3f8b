"""The law on personal information: consents, a person's data as a file, and deletion of everything about a person."""

from gateway.privacy.service import Privacy, make_privacy

__all__ = ["Privacy", "make_privacy"]
