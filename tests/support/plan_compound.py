"""A compound of twenty buildings and five hundred devices, for the plan, and alarms to raise in it."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.ports import HOST

TYPES = ("camera", "zone", "door", "reader", "sensor", "intercom", "siren", "barrier")
BUILDINGS, SEGMENTS = 20, 10
SIDES = {"n": "北", "e": "东", "s": "南", "w": "西"}


def plan_compound(folder: Path, devices: int = 500) -> TestCompound:
    """Every device has an MQTT account of its own name; three of five are outside of the buildings."""
    return TestCompound(folder, list(_devices(devices)), more={"buildings": _buildings(), "places": _places()})


def _buildings() -> list[dict[str, Any]]:
    return [
        {"id": f"b{n}", "name": {"zh": f"{n}号楼", "en": f"Building {n}"}, "units": 2, "floors": 11, "rooms": 2}
        for n in range(1, BUILDINGS + 1)
    ]


def _places() -> dict[str, Any]:
    places: dict[str, Any] = {
        f"wall/{side}{n}": {"zh": f"{name}围墙{n}段", "en": f"Wall {side}{n}"}
        for side, name in SIDES.items()
        for n in range(1, SEGMENTS + 1)
    }
    for gate, name in (("east", "东"), ("south", "南")):
        places[f"gate/{gate}"] = {"zh": f"{name}门", "en": f"{gate.title()} gate"}
        places[f"gate/{gate}/walk"] = {"zh": f"{name}门人行道", "en": f"{gate.title()} gate walkway"}
        places[f"gate/{gate}/lane"] = {"zh": f"{name}门车道", "en": f"{gate.title()} gate lane"}
    places |= {"garage": {"zh": "地下车库", "en": "Garage"}, "guardroom": {"zh": "门卫室", "en": "Guard room"}}
    return places


def _devices(count: int) -> Iterator[TestDevice]:
    chance = random.Random(5)
    outside, inside = list(_places()), [f"b{n}" for n in range(1, BUILDINGS + 1)]
    for number in range(count):
        place = chance.choice(outside) if number % 5 < 3 else f"{chance.choice(inside)}/u{chance.randint(1, 2)}"
        kind = TYPES[number % len(TYPES)]
        keys = {"name": f"{kind} {number:03}", "place": place, "type": kind, "cadence": "30d"}
        yield TestDevice(f"d{number:03}", more=keys)


KINDS = ("zone.alarm", "panic.pressed", "fire.alarm", "door.forced", "zone.tampered", "water.alarm")


def raise_alarms(gateway: Gateway, count: int) -> None:
    """One alarm each of so many devices, spread over all of them, each acknowledged by the gateway."""
    step = max(1, len(gateway.compound.devices) // count)

    def publish(number: int) -> None:
        device = gateway.compound.devices[number * step].id
        account = ["-h", HOST, "-p", str(gateway.compound.mqtt_port), "-u", device, "-P", PASSWORD, "-q", "1"]
        message = json.dumps({"kind": KINDS[number % len(KINDS)]})
        call = ["mosquitto_pub", *account, "-t", f"anju/v1/{device}/signal", "-m", message]
        subprocess.run(call, check=True, timeout=20)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(publish, range(count)))
