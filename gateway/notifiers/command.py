"""Tells by a device of the compound: a siren, a light. What it answers is the proof."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field

from gateway.errors import BadInput, CommandFailed, LinkLost
from gateway.model import Command
from gateway.notifier import Notification, Notifier, NotifierSettings, Receipt
from gateway.settings.context import DeviceRef
from gateway.settings.durations import PositiveDuration, max_duration, parse_duration


class DeviceCommandSettings(NotifierSettings):
    """A command for a device of devices.yaml. The text is not used."""

    device: Annotated[DeviceRef, Field(description="a device of devices.yaml")]
    action: Annotated[str, Field(min_length=1, max_length=40, description="the command, such as on or sound")]
    arguments: Annotated[dict[str, Any], Field(description="the command's arguments, such as {seconds: 60}")] = Field(
        default_factory=dict
    )
    confirm_within: Annotated[
        PositiveDuration, max_duration(timedelta(minutes=2)), Field(description="time for the device to confirm it")
    ] = parse_duration("10s")


class CommandNotifier(Notifier):
    """Has the device do it. A siren that sounds half an hour late would mislead, so it is soon given up."""

    Settings = DeviceCommandSettings
    settings: DeviceCommandSettings
    USEFUL_FOR: ClassVar[timedelta] = timedelta(minutes=5)

    async def send(self, notification: Notification) -> Receipt:  # noqa: ARG002  # a siren says no words
        """See the contract."""
        settings = self.settings
        fault = self.devices.fault(settings.device, settings.action)
        if fault is not None:
            raise LinkLost(fault)  # it can't have done it, so it may be asked again
        command = Command(
            settings.device,
            settings.action,
            settings.arguments,
            f"notifier:{self.name}",
            limit=settings.confirm_within,
        )
        try:
            await self.devices.perform(command)
        except CommandFailed as error:
            raise BadInput(error.why, b"") from error  # never a second time by itself: it may have been carried out
        return Receipt(command.id)

    async def probe(self, notification: Notification) -> Receipt:  # noqa: ARG002  # nothing is said
        """Whether the device is connected and takes this command; nothing sounds."""
        fault = self.devices.fault(self.settings.device, self.settings.action, strict=True)
        if fault is not None:
            raise LinkLost(fault)
        return Receipt()


NOTIFIER = CommandNotifier
