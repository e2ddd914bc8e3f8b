"""In-home alarm units (户内报警): several rooms behind one bridge."""

from __future__ import annotations

from gateway.simulator.mqtt import House

ACCOUNT = "homes"
BURGLED, BURNING, LEAKING, CALLING, WEAK = (
    "home-b1-u1-502",
    "home-b2-u1-1101",
    "home-b3-u1-1502",
    "home-b3-u2-802",
    "home-b1-u2-302",
)
DEVICES = (BURGLED, BURNING, LEAKING, CALLING, WEAK)


def burglary(house: House) -> None:
    house.say(BURGLED, "zone.alarm", zone=1, detector="客厅红外")


def burglary_over(house: House) -> None:
    house.say(BURGLED, "zone.restored", zone=1)


def fire(house: House) -> None:
    house.say(BURNING, "fire.alarm", detector="厨房烟感")


def fire_over(house: House) -> None:
    house.say(BURNING, "fire.restored")


def gas(house: House) -> None:
    house.say(LEAKING, "gas.alarm", detector="厨房燃气", level=18)


def gas_over(house: House) -> None:
    house.say(LEAKING, "gas.restored")


def panic(house: House) -> None:
    house.say(CALLING, "panic.pressed", detector="卧室紧急按钮")


def battery_low(house: House) -> None:
    house.say(WEAK, "panel.battery_low", percent=9)
