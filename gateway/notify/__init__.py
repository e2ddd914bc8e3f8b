"""Telling people outside the guard room of alerts. It begins with what is said; channels are `Notifier`s."""

from gateway.notifier import Notification, Notifier, NotifierSettings, Receipt
from gateway.notify.compose import notification_of

__all__ = ["Notification", "Notifier", "NotifierSettings", "Receipt", "notification_of"]
