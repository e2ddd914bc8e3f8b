"""The polling state of one OSDP reader."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.protocols.osdp.session import OsdpSession
from gateway.protocols.osdp.timing import LOST_AFTER_POLLS, LOST_AFTER_S


@dataclass(slots=True)
class PolledReader:
    """The polling state of one reader. Times are the event loop's, in seconds."""

    session: OsdpSession
    next_poll_at: float = 0.0
    not_before: float = 0.0
    """libosdp has nothing to send before this time."""
    last_reply_at: float = 0.0
    unanswered: int = 0
    """Commands without a reply since the last one."""
    failed_sessions: int = 0
    """Sessions that failed since the last one that worked."""
    idle_count: int = 0
    """Attempts in a row in which libosdp had nothing to send."""
    retransmit: bytes = b""
    """A command to send again unchanged, as its reply was lost."""
    status_rejected: bool = False
    """Its session failed on the request for its status, which is not sent again."""

    def is_lost(self, now: float) -> bool:
        """Return True if it has not replied for LOST_AFTER_S and LOST_AFTER_POLLS commands."""
        # Both: three polls fail within a second, and on a line of many readers a round may take longer than that.
        return self.unanswered >= LOST_AFTER_POLLS and now - self.last_reply_at > LOST_AFTER_S

    @property
    def is_connecting(self) -> bool:
        """Whether it replies, but its session is not up yet."""
        return not self.unanswered and not self.session.up and self.session.last_command != 0

    @property
    def is_rejecting(self) -> bool:
        """Whether it replies, but no session can be established."""
        return self.failed_sessions > 1 or (self.session.reachable and not self.session.up)
