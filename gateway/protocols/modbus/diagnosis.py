"""Explains to guard and installer why a unit is lost, or lacks something."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model import Words
from gateway.protocols.modbus.outcome import ExceptionResponse, NoResponse
from gateway.protocols.modbus.read_ranges import ReadRanges
from gateway.protocols.modbus.unit_settings import UnitSettings
from gateway.protocols.modbus.wiring import device_ids


def describe_failure(unit: UnitSettings, outcome: ExceptionResponse | NoResponse, response_timeout_s: float) -> Words:
    """Why a poll of a unit failed, and what to do."""
    zh, en = f"模块（地址{unit.address}）", f"{unit.id} (address {unit.address})"
    if isinstance(outcome, ExceptionResponse):
        fix = "" if outcome.is_transient else "; check `number` and `table` of each"
        return Words(f"{zh}拒绝读取，请通知安装员", f"{en} rejects reading its inputs: {outcome}{fix}")
    # From the most specific finding to the least: a mismatch explains lateness and garbage too.
    if outcome.mismatch is not None:
        words = outcome.mismatch.words
        return Words(f"{zh}{words.zh}", f"{en} {words.en}")
    if outcome.late:
        en = f"{en} answers later than {response_timeout_s:g} s: raise `timeout`"
        return Words(f"{zh}应答太慢，请通知安装员", en)
    if outcome.garbage:
        en = f"{en} can't be understood: check baud, parity, the pair A/B and its termination"
        return Words(f"{zh}数据无法识别，请通知安装员检查接线", en)
    return Words(f"{zh}无应答，请检查供电和线路", f"{en} does not answer: check its power, its address and the line")


def describe_missing(unit: UnitSettings, ranges: Sequence[ReadRanges]) -> Words | None:
    """Which numbers in the YAML a unit does not have, although it answers others; None if it has them all."""
    missing = [each for each in ranges if each.missing]
    if not missing:
        return None
    what = "; ".join(_numbers(unit, each) for each in missing)
    en = f"{unit.id} (address {unit.address}) has no {what}: check `number` and `table`"
    return Words(f"模块（地址{unit.address}）没有 {what}，请通知安装员检查 number 和 table", en)


def _numbers(unit: UnitSettings, ranges: ReadRanges) -> str:
    """`discrete 8, 9 (zone-8, zone-9)`"""
    numbers, devices = sorted(ranges.missing), device_ids(unit, ranges.table, ranges.missing)
    return f"{ranges.table} {', '.join(map(str, numbers))} ({', '.join(devices)})"
