"""Doors with their readers (门禁) behind one controller: they are forced, held, refuse cards, and are unlocked."""

from __future__ import annotations

import asyncio

from gateway.simulator.mqtt import House, Order

ACCOUNT = "doors"
FORCED, HELD, GARAGE = "door-b1-u1", "door-b3-u2", "door-garage"
DEVICES = (FORCED, HELD, GARAGE)
STANDS_OPEN = 2.0
"""Seconds that somebody takes to walk through."""
LONGEST_UNLOCK = 60


def forced(house: House) -> None:
    house.say(FORCED, "door.forced")


def held(house: House) -> None:
    house.say(HELD, "door.held", seconds=60)


def closed(house: House, door: str) -> None:
    house.say(door, "door.closed")


def denied(house: House) -> None:
    house.say(GARAGE, "access.denied", credential="**** 4711", reason={"zh": "未登记的卡", "en": "unknown card"})


async def passes(house: House, door: str) -> None:
    """A resident comes home."""
    house.say(door, "access.granted", credential="**** 2208")
    house.say(door, "door.opened")
    await asyncio.sleep(STANDS_OPEN)
    house.say(door, "door.closed")


async def obey(house: House) -> None:
    """Do what the doors are told, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        while True:
            order = await house.orders.get()
            seconds = order.arguments.get("seconds", 5)
            if order.action != "unlock":
                house.answer(order, error=f"this door can't {order.action}")
            elif not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_UNLOCK:
                house.answer(order, error=f"seconds must be above 0 and at most {LONGEST_UNLOCK}")
            else:
                tasks.create_task(_unlock(house, order, float(seconds)))


async def _unlock(house: House, order: Order, seconds: float) -> None:
    house.answer(order, seconds=seconds)
    house.say(order.device, "door.unlocked", command=order.id)
    await asyncio.sleep(min(1.0, seconds / 2))
    house.say(order.device, "door.opened")
    await asyncio.sleep(min(STANDS_OPEN, seconds))
    house.say(order.device, "door.closed")
    await asyncio.sleep(max(0.0, seconds - STANDS_OPEN - 1))
    house.say(order.device, "door.locked")
