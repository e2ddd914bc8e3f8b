"""Telling people outside the guard room: an outbox on disk, its senders, and what messages say."""

from gateway.notify.message import Message
from gateway.notify.service import Enqueue, NotifierStatus, Outbox

__all__ = ["Enqueue", "Message", "NotifierStatus", "Outbox"]
