"""In-home alarm units (户内报警): several flats behind one MQTT connection."""

from __future__ import annotations

from gateway.simulator.mqtt import MqttDevices

ACCOUNT = "homes"
BURGLARY_FLAT, FIRE_FLAT, GAS_FLAT, PANIC_FLAT, BATTERY_FLAT = (
    "home-b1-u1-502",
    "home-b2-u1-1101",
    "home-b3-u1-1502",
    "home-b3-u2-802",
    "home-b1-u2-302",
)
KEYPAD = "keypad-b3-u1-1502"
"""Of a home that the gateway arms itself, see config/demo/residents.yaml."""
DEVICES = (BURGLARY_FLAT, FIRE_FLAT, GAS_FLAT, PANIC_FLAT, BATTERY_FLAT, KEYPAD)


def burglary(devices: MqttDevices) -> None:
    """A motion detector triggers zone 1."""
    devices.send_signal(BURGLARY_FLAT, "zone.alarm", zone=1, detector="客厅红外")


def burglary_over(devices: MqttDevices) -> None:
    """Zone 1 is normal again."""
    devices.send_signal(BURGLARY_FLAT, "zone.restored", zone=1)


def fire(devices: MqttDevices) -> None:
    """A smoke detector triggers."""
    devices.send_signal(FIRE_FLAT, "fire.alarm", detector="厨房烟感")


def fire_over(devices: MqttDevices) -> None:
    """The smoke detector is normal again."""
    devices.send_signal(FIRE_FLAT, "fire.restored")


def gas(devices: MqttDevices) -> None:
    """A gas detector triggers."""
    devices.send_signal(GAS_FLAT, "gas.alarm", detector="厨房燃气", level=18)


def gas_over(devices: MqttDevices) -> None:
    """The gas detector is normal again."""
    devices.send_signal(GAS_FLAT, "gas.restored")


def panic(devices: MqttDevices) -> None:
    """A resident presses the panic button."""
    devices.send_signal(PANIC_FLAT, "panic.pressed", detector="卧室紧急按钮")


def battery_low(devices: MqttDevices) -> None:
    """An alarm unit's battery is low."""
    devices.send_signal(BATTERY_FLAT, "panel.battery_low", percent=9)
