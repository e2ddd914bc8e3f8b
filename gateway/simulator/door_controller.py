"""Doors with card readers (门禁) behind one controller: forced, held open, unlocked by command.

The gateway decides about the cards. A loudspeaker hangs on the same controller.
"""

from __future__ import annotations

import asyncio

from gateway.simulator.mqtt import DeviceCommand, MqttDevices

ACCOUNT = "doors"
FORCED, HELD, GARAGE = "door-b1-u1", "door-b3-u2", "door-garage"
UNIT, GATE = "door-b3-u1", "door-east"
SPEAKER = "speaker-wall"
DEVICES = (FORCED, HELD, GARAGE, UNIT, GATE, SPEAKER)
CARDS = {FORCED: 10002208, HELD: 10000802, GARAGE: 10005628}
"""Of residents, by the door where they show it; the demo registers them."""
UNKNOWN_CARD = 99994711
SPOKEN_S = 2.0
"""How long the loudspeaker takes for any text."""
OPEN_S = 2.0
"""How long a door is open while somebody walks through."""
MAX_UNLOCK_S = 60


def forced(devices: MqttDevices) -> None:
    """A door is opened without being unlocked."""
    devices.send_signal(FORCED, "door.forced")


def held(devices: MqttDevices) -> None:
    """A door stays open too long."""
    devices.send_signal(HELD, "door.held", seconds=60)


def closed(devices: MqttDevices, door: str) -> None:
    """A door is closed."""
    devices.send_signal(door, "door.closed")


def denied(devices: MqttDevices) -> None:
    """Somebody shows an unknown card."""
    _show_card(devices, GARAGE, UNKNOWN_CARD)


async def resident_enters(devices: MqttDevices, door: str) -> None:
    """A resident shows a card; they walk in once the gateway has unlocked the door."""
    _show_card(devices, door, CARDS[door])


def _show_card(devices: MqttDevices, door: str, number: int) -> None:
    masked = f"**** {number % 10_000:04d}"
    devices.send_signal(door, "credential.presented", credential=masked, card={"number": number})


async def handle_commands(devices: MqttDevices) -> None:
    """Carry out the commands to the doors and the loudspeaker, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        while True:
            command = await devices.commands.get()
            seconds = command.arguments.get("seconds", 5)
            if command.device == SPEAKER and command.action == "announce":
                tasks.create_task(_speak(devices, command))
            elif command.action != "unlock" or command.device == SPEAKER:
                devices.send_result(command, error=f"this device can't {command.action}")
            elif not isinstance(seconds, int | float) or not 0 < seconds <= MAX_UNLOCK_S:
                devices.send_result(command, error=f"seconds must be above 0 and at most {MAX_UNLOCK_S}")
            else:
                # Beside the next command: several doors may be unlocked at once.
                tasks.create_task(_unlock(devices, command, float(seconds)))


async def _speak(devices: MqttDevices, command: DeviceCommand) -> None:
    await asyncio.sleep(SPOKEN_S)
    devices.send_result(command, seconds=SPOKEN_S, announcement=command.arguments.get("announcement"))


async def _unlock(devices: MqttDevices, command: DeviceCommand, seconds: float) -> None:
    devices.send_result(command, seconds=seconds)
    devices.send_signal(command.device, "door.unlocked", command=command.id)
    await asyncio.sleep(min(1.0, seconds / 2))
    devices.send_signal(command.device, "door.opened")
    await asyncio.sleep(min(OPEN_S, seconds))
    devices.send_signal(command.device, "door.closed")
    await asyncio.sleep(max(0.0, seconds - OPEN_S - 1))
    devices.send_signal(command.device, "door.locked")
