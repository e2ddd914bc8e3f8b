"""Faults of the data folder, described for the guard, the log and the command line."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import AnjuError
from gateway.model import Words
from gateway.store.connection import is_damage

_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class StoreUnusable(AnjuError):
    """The database or its folder can't be used; the text gives the fault and the fix."""


@dataclass(frozen=True, slots=True)
class StoreFault:
    """A fault of the store, or its end, to be shown to people. `key` identifies the fault across both."""

    key: str
    words: Words
    over: bool = False
    """The fault has ended."""


def what_is_wrong(path: Path, error: BaseException) -> Words:
    """The fault and the fix for a database that raised `error` when it was opened or used."""
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if path.is_dir():
        return Words(f"{path} 是文件夹，不是数据库：请移走", f"{path} is a folder, not a database: move it away")
    if is_damage(error):
        return Words(
            f"数据库 {path} 已损坏或不是数据库（{error}）：请用 anju run 启动网关，它会另存旧文件并抢救数据；"
            "有备份的，先停网关，再放回备份",
            f"{path} is damaged or no database ({error}): start the gateway with `anju run`, which moves the file away"
            " and copies its readable rows; or, with a backup, stop the gateway and restore the backup's file",
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Words(
            f"数据库 {path} 正被别的程序占用，请稍后再试",
            f"another program holds {path}: try again, or stop that program",
        )
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", 0) == errno.ENOSPC:
        return Words(f"{path.parent} 所在磁盘已满：请腾出空间", f"the disk of {path.parent} is full: free some space")
    return _no_access(path, error)


_TABLES = {"journal": "事件", "decisions": "判定", "steps": "处置步骤", "quarantine": "无法识别的数据"}


def lost_rows(missing: Mapping[str, int]) -> Words:
    """Committed rows are gone. `missing`: how many of each table."""
    zh = "、".join(f"{_TABLES.get(table, table)} {count} 条" for table, count in missing.items())
    en = ", ".join(f"{count} of {table}" for table, count in missing.items())
    return Words(
        f"已存档的记录丢失：{zh}。数据库日志（WAL）损坏、被截断或被删除，或放回了旧备份；请检查磁盘，核对最近的报警",
        f"Stored rows are gone: {en}. The WAL was damaged, truncated or deleted, or an older backup was put back; check"
        " the disk, and compare the latest alarms with the devices",
    )


def wal_repaired(folder: Path) -> Words:
    """The WAL was repaired; the original is in `folder`."""
    return Words(
        f"数据库日志（WAL）损坏，已修复后读入；原文件在 {folder.name}/。请检查磁盘（smartctl -a、dmesg）",
        f"The database's WAL was damaged; it was repaired and read, the original is in {folder.name}/. Check the disk"
        " (smartctl -a, dmesg)",
    )


def database_replaced(folder: Path, why: str, lost: Mapping[str, int]) -> Words:
    """A new database has replaced the damaged one; its remaining rows are being copied."""
    missing_zh, missing_en = missing_rows(lost)
    return Words(
        f"数据库损坏（{why}），已换用新库，旧库在 {folder.name}/，其余记录正在后台导入{missing_zh}。"
        "请检查磁盘（smartctl -a、dmesg）",
        f"The database was damaged ({why}); a new one is in use, the old one is in {folder.name}/ and its remaining"
        f" rows are being copied{missing_en}. Check the disk (smartctl -a, dmesg)",
    )


def damaged_again(path: Path, why: str) -> Words:
    """The database was damaged too often within a short time and is not replaced any more."""
    return Words(
        f"数据库 {path} 反复损坏（{why}），不再更换：报警只在内存中显示。请立即更换磁盘或检查内存，再重启网关",
        f"{path} is damaged repeatedly ({why}) and is not replaced any more: alarms are shown from memory only. Replace"
        " the disk or test the memory now, then restart the gateway",
    )


def rows_restored(folder: Path, why: str, rows: int, lost: Mapping[str, int]) -> Words:
    """All readable rows of the damaged database have been copied; `rows` of them in the background."""
    missing_zh, missing_en = missing_rows(lost)
    return Words(
        f"数据库曾损坏（{why}），已换用新库；旧库 {folder.name}/ 中能读出的记录已全部导入（后台 {rows} 条）"
        f"{missing_zh}。请检查磁盘（smartctl -a、dmesg）；缺少的记录可从备份中查找",
        f"The database was damaged ({why}) and a new one is in use; all readable rows of the old one, in"
        f" {folder.name}/, were copied ({rows} rows in the background){missing_en}. Check the disk (smartctl -a,"
        " dmesg); a backup may have the missing rows",
    )


def missing_rows(lost: Mapping[str, int]) -> tuple[str, str]:
    """Unreadable rows in Chinese and English, such as `，读不出的：事件 28 条`; empty strings for none.

    Tables without numbered rows are named without a count.
    """
    counts = {table: count for table, count in lost.items() if count}
    if not counts:
        return "", ""
    zh = "、".join(f"{_TABLES.get(t, t)}{f' {n} 条' if t in _TABLES else ''}" for t, n in counts.items())
    en = ", ".join(f"{n} of {t}" if t in _TABLES else f"some of {t}" for t, n in counts.items())
    return f"，读不出的：{zh}", f"; unreadable: {en}"


def _no_access(path: Path, error: BaseException) -> Words:
    folder = path.parent
    if folder.exists() and not folder.is_dir():
        return Words(f"{folder} 不是文件夹：请用 --data 指定别处", f"{folder} is no folder: give another with --data")
    if path.exists() and not os.access(path, os.R_OK):
        command = f"chown -R anju: {folder}"
        return Words(
            f"数据库 {path} 不可读：请检查属主和权限（{command}）",
            f"{path} can't be read: make the gateway's user its owner ({command})",
        )
    read_only = getattr(error, "errno", 0) in _READ_ONLY or _is_read_only(folder)
    if read_only:
        return Words(
            f"{folder} 只读，无法写入（{error}）：请检查磁盘（dmesg、mount -o remount,rw）和权限",
            f"{folder} can't be written ({error}): check the disk (dmesg, mount -o remount,rw) and the folder's owner",
        )
    return Words(
        f"数据库 {path} 打不开（{error}）：请检查磁盘和权限",
        f"{path} can't be opened ({error}): check the disk and the file's permissions",
    )


def _is_read_only(folder: Path) -> bool:
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY) or not os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return False
