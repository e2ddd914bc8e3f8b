"""The compound's devices for notifiers that tell by one of them: a siren, a light."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.flow.commands import Commands
from gateway.flow.supervisor import Supervisor
from gateway.model import Command, Health, Json, Words


@dataclass(frozen=True, slots=True)
class NotifierDevices:
    """Commands are recorded and performed at most once, as those of rules."""

    commands: Commands
    supervisor: Supervisor

    async def perform(self, command: Command) -> Json:
        """See `CommandAccess`."""
        return await self.commands.carried_out(command)

    def fault(self, device: str, action: str, *, strict: bool = False) -> Words | None:
        """See `CommandAccess`."""
        status = self.supervisor.devices().get(device)
        if status is None:
            return Words(f"没有设备 {device}", f"there is no device {device}")
        actions = self.supervisor.actions(device)
        if action not in actions:
            takes = ", ".join(sorted(actions)) or "none"
            return Words(f"设备不支持指令 {action}", f"{device} takes no command {action!r}; it takes: {takes}")
        if status.health in {Health.OFFLINE, Health.REFUSED} or (strict and status.health is not Health.ONLINE):
            return Words(f"设备 {device} 未连接", f"{device} is not connected ({status.health.value})")
        return None
