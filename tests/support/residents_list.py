"""A made-up list of residents of any size, and the places it names. The same number gives the same list."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import Place, Words

HEADING = ("place", "name", "phone", "id_number", "role", "plates", "cards", "pin")
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余于杜叶程苏魏吕丁任沈姚卢"
_GIVEN = "建国秀英伟敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂芳辉玲红宁波鑫欣怡子涵浩宇轩梓睿婷雪佳琪思雨"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ROLES = ("owner", "family", "family")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class ResidentsList:
    """`rows` follow HEADING; `places` are all rooms."""

    places: dict[str, Place]
    rows: list[tuple[str, ...]]


def residents_list(households: int, people: int = 3, seed: int = 11) -> ResidentsList:
    """`people` in each household, each with a card; the first with a PIN, a car, a phone and an identity number."""
    chance = random.Random(seed)
    places = dict(_rooms(households))
    cards, pins = iter(chance.sample(range(10**9, 2**32), households * people)), iter(_pins(chance, households))
    phones, plates = iter(chance.sample(range(10**9), households * people)), iter(_plates(chance, households))
    rows = []
    for place in places:
        for number in range(people):
            first = number == 0
            rows.append(
                (
                    place,
                    _name(chance) + " 甲乙丙丁"[number],
                    f"13{next(phones):09d}",
                    _identity(chance) if first else "",
                    _ROLES[number % 3],
                    next(plates) if first else "",
                    f"{next(cards):010d}",
                    next(pins) if first else "",
                )
            )  # fmt: skip
    return ResidentsList(places, [tuple(cell.replace(" ", "") for cell in row) for row in rows])


def _rooms(count: int) -> Iterator[tuple[str, Place]]:
    for index in range(count):
        building, rest = divmod(index, 200)
        unit, rest = divmod(rest, 50)
        floor, room = divmod(rest, 2)
        path = f"b{building + 1}/u{unit + 1}/{(floor + 1) * 100 + room + 1}"
        number = path.rpartition("/")[2]
        zh = f"{building + 1}号楼{unit + 1}单元{number}室"
        yield path, Place(path, Words(zh, f"Building {building + 1} Unit {unit + 1} Room {number}"))


def _name(chance: random.Random) -> str:
    return chance.choice(_SURNAMES) + "".join(chance.choices(_GIVEN, k=chance.choice((1, 2, 2))))


def _pins(chance: random.Random, count: int) -> list[str]:
    return [f"{number:06d}" for number in chance.sample(range(10**6), count)]


def _plates(chance: random.Random, count: int) -> list[str]:
    numbers = chance.sample(range(10**4 * len(_LETTERS) ** 2), count)
    return [
        f"苏{_LETTERS[number // 10**4 // len(_LETTERS)]}{_LETTERS[number // 10**4 % len(_LETTERS)]}{number % 10**4:04d}"
        for number in numbers
    ]


def _identity(chance: random.Random) -> str:
    digits = f"321282{chance.randrange(1940, 2008)}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}"
    digits += f"{chance.randrange(1000):03d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return digits + "10X98765432"[total % 11]
