"""What single cells of a list mean: dates, phones, card numbers, PINs, ID numbers; each function says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.model import Words
from gateway.people.number_plates import is_plate, normalized_plate

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_CARD = re.compile(r"[0-9A-F]{4,32}|[0-9]{1,5}:[0-9]{1,10}")
"""As printed on the card; the register writes facility and number with a comma."""
_PIN = re.compile(r"[0-9]{4,10}")
_ID_NUMBER = re.compile(r"[0-9A-Z]{5,20}")
_RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class CellFault(Exception):
    """The cell means nothing; it is caught where its line is known."""

    def __init__(self, what: Words, fix: Words) -> None:
        super().__init__(what.en)
        self.what = what
        self.fix = fix


def moment(text: str, zone: ZoneInfo, *, whole_day: bool = False) -> datetime | None:
    """A date or a time of the compound's zone; None for an empty cell. With `whole_day` a date counts to its end."""
    if not text:
        return None
    try:
        found = _DATE.fullmatch(text)
        if found:
            day = date(*map(int, found.groups())) + timedelta(days=whole_day)
            at = datetime.combine(day, time(), zone).astimezone(UTC)
        else:
            given = datetime.fromisoformat(text)
            at = (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
        valid = _EARLIEST <= at <= _LATEST
    except (ValueError, OverflowError):
        valid = False
    if not valid:
        raise CellFault(
            Words(f"“{text}”不是日期", f"{text!r} is no date"),
            Words("写成 2026-11-30 或 2026-11-30 08:00", "write 2026-11-30 or 2026-11-30 08:00"),
        )
    return at


def moment_text(at: datetime | None, zone: ZoneInfo, *, whole_day: bool = False) -> str:
    """What `moment` reads as the same time."""
    if at is None:
        return ""
    local = at.astimezone(zone)
    if local.time() == time() and moment(f"{local:%Y-%m-%d}", zone) == at:
        return f"{local.date() - timedelta(days=whole_day):%Y-%m-%d}"
    text = local.replace(tzinfo=None).isoformat(" ")
    # Where clocks are set back, an hour comes twice: that one needs its offset.
    return text if moment(text, zone) == at else at.astimezone(UTC).isoformat(" ")


def day_of(text: str) -> str:
    """A day of birth as 2026-11-30; empty for an empty cell."""
    found = _DATE.fullmatch(text)
    try:
        return date(*map(int, found.groups())).isoformat() if found else _no_day(text)
    except ValueError:
        return _no_day(text)


def _no_day(text: str) -> str:
    if not text:
        return ""
    raise CellFault(Words("出生日期不正确", "no valid day of birth"), Words("写成 1980-05-01", "write 1980-05-01"))


def phone(text: str) -> str:
    """The digits of a phone number."""
    digits = re.sub(r"[\s\-()（）]", "", text)
    if digits and not _PHONE.fullmatch(digits):
        raise CellFault(
            Words("电话号码不正确", "no valid phone number"),
            Words(
                "5 到 15 位数字；表格里请把这一列设为文本",
                "use 5 to 15 digits; in a spreadsheet format the column as text",
            ),
        )
    return digits


def id_number(text: str) -> str:
    """An identity number; of a Chinese one (GB 11643) the check digit must fit."""
    number = re.sub(r"[\s\-]", "", text).upper()
    is_wrong = number and not _ID_NUMBER.fullmatch(number)
    if _RESIDENT_ID.fullmatch(number):
        total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
        is_wrong = number[17] != "10X98765432"[total % 11]
    if is_wrong:
        raise CellFault(
            Words("证件号不正确", "no valid identity number"),
            Words("请核对；表格里请把这一列设为文本", "check it; in a spreadsheet format the column as text"),
        )
    return number


def plates(text: str) -> Iterator[str | CellFault]:
    """The number plates of a cell, each normalised, or what is wrong with it."""
    for word in re.split(r"[\s,;，；、/|]+", text):
        plate = normalized_plate(word)
        if plate and is_plate(plate):
            yield plate
        elif plate:
            yield CellFault(
                Words(f"“{word}”不像车牌", f"{word!r} can't be a number plate"),
                Words(
                    "写成 苏M12345（数字 0 和 1，没有字母 O 和 I），几个之间用分号",
                    "write it as 苏M12345 (0 and 1, no O or I), several with ; between",
                ),
            )


def cards(text: str) -> Iterator[str | CellFault]:
    """The card numbers of a cell as printed on the cards: digits, hexadecimal digits, or facility:number."""
    for word in re.split(r"[\s,;，；、/|]+", text.upper()):
        number = word.replace("-", "").replace("：", ":")
        if number and _CARD.fullmatch(number):
            yield number.replace(":", ",")
        elif number:
            yield CellFault(
                Words("卡号不正确", "no valid card number"),
                Words(
                    "写 4 到 32 位数字或十六进制数，或 区号:卡号，几个之间用分号；表格里请设为文本",
                    "write 4 to 32 digits or hexadecimal digits, or facility:number, several with ; between; in a"
                    " spreadsheet format the column as text",
                ),
            )


def pin(text: str) -> str:
    """A PIN for doors."""
    if text and not _PIN.fullmatch(text):
        raise CellFault(
            Words("密码不正确", "no valid PIN"),
            Words("4 到 10 位数字；表格里请设为文本", "use 4 to 10 digits; in a spreadsheet format the column as text"),
        )
    return text
