"""What may be wrong with the data folder, in words for the guard, the log and the command line."""

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
    """The database or its folder can't be used; says what, and the fix."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that a person must know of the store. `key` is the same while it is the same thing."""

    key: str
    words: Words
    over: bool = False
    """It has ended."""


def what_is_wrong(path: Path, error: BaseException) -> Words:
    """Of a database that can't be opened or used."""
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if path.is_dir():
        return Words(f"{path} 是文件夹，不是数据库：请移走", f"{path} is a folder and no database: move it away")
    if is_damage(error):
        return Words(
            f"数据库 {path} 已损坏或不是数据库（{error}）：请用 anju run 启动网关，它会另存旧文件并抢救数据；"
            "有备份的，先停网关，再放回备份",
            f"{path} is damaged or no database ({error}): start the gateway with `anju run`, which sets the file aside"
            " and saves what can be read; with a backup, end the gateway and put the backup's file in its place",
        )
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Words(
            f"数据库 {path} 正被别的程序占用，请稍后再试",
            f"another program holds {path}: try again, or end that program",
        )
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", 0) == errno.ENOSPC:
        return Words(f"{path.parent} 所在磁盘已满：请腾出空间", f"the disk of {path.parent} is full: make room there")
    return _no_access(path, error)


_TABLES = {"journal": "事件", "decisions": "判定", "steps": "处置步骤", "quarantine": "无法识别的数据"}


def lost_rows(missing: Mapping[str, int]) -> Words:
    """Rows that were committed and that the database no longer has."""
    zh = "、".join(f"{_TABLES.get(table, table)} {count} 条" for table, count in missing.items())
    en = ", ".join(f"{count} of {table}" for table, count in missing.items())
    return Words(
        f"已存档的记录丢失：{zh}。数据库日志（WAL）损坏、被截断或被删除，或放回了旧备份；请检查磁盘，核对最近的报警",
        f"Rows that were on record are gone: {en}. The WAL was damaged, cut short or deleted, or an older backup was"
        " put back; look at the disk, and go through the latest alarms with the devices",
    )


def wal_mended(folder: Path) -> Words:
    return Words(
        f"数据库日志（WAL）损坏，已修复后读入；原文件在 {folder.name}/。请检查磁盘（smartctl -a、dmesg）",
        f"The database's WAL was damaged; it was mended and read, the old one is in {folder.name}/. Look at the disk"
        " (smartctl -a, dmesg)",
    )


def set_aside(folder: Path, why: str, lost: Mapping[str, int]) -> Words:
    """A fresh database took the place of a damaged one; the rest of its rows is being brought over."""
    missing_zh, missing_en = missing_rows(lost)
    return Words(
        f"数据库损坏（{why}），已换用新库，旧库在 {folder.name}/，其余记录正在后台导入{missing_zh}。"
        "请检查磁盘（smartctl -a、dmesg）",
        f"The database was damaged ({why}); a fresh one is in use, the old one is in {folder.name}/ and its other rows"
        f" are being brought over{missing_en}. Look at the disk (smartctl -a, dmesg)",
    )


def damaged_again(path: Path, why: str) -> Words:
    return Words(
        f"数据库 {path} 反复损坏（{why}），不再更换：报警只在内存中显示。请立即更换磁盘或检查内存，再重启网关",
        f"{path} is damaged again and again ({why}) and is not replaced any more: alarms show from memory. Exchange the"
        " disk or test the memory now, then start the gateway again",
    )


def brought_over(folder: Path, why: str, rows: int, lost: Mapping[str, int]) -> Words:
    """All that could be read has come."""
    missing_zh, missing_en = missing_rows(lost)
    return Words(
        f"数据库曾损坏（{why}），已换用新库；旧库 {folder.name}/ 中能读出的记录已全部导入（后台 {rows} 条）"
        f"{missing_zh}。请检查磁盘（smartctl -a、dmesg）；缺少的记录可从备份中查找",
        f"The database was damaged ({why}) and a fresh one is in use; all that can be read of the old one, in"
        f" {folder.name}/, was brought over ({rows} rows in the background){missing_en}. Look at the disk (smartctl -a,"
        " dmesg); what is missing may be in a backup",
    )


def missing_rows(lost: Mapping[str, int]) -> tuple[str, str]:
    """Such as `，缺少：事件 28 条`; empty where nothing is. Of tables without numbers nobody knows how many."""
    said = {table: count for table, count in lost.items() if count}
    if not said:
        return "", ""
    zh = "、".join(f"{_TABLES.get(t, t)}{f' {n} 条' if t in _TABLES else ''}" for t, n in said.items())
    en = ", ".join(f"{n} of {t}" if t in _TABLES else f"some of {t}" for t, n in said.items())
    return f"，读不出的：{zh}", f"; unreadable: {en}"


def _no_access(path: Path, error: BaseException) -> Words:
    folder = path.parent
    if folder.exists() and not folder.is_dir():
        return Words(f"{folder} 不是文件夹：请用 --data 指定别处", f"{folder} is no folder: name another with --data")
    if path.exists() and not os.access(path, os.R_OK):
        whose = f"chown -R anju: {folder}"
        return Words(
            f"数据库 {path} 不可读：请检查属主和权限（{whose}）",
            f"{path} can't be read: give it back to the gateway's user ({whose})",
        )
    read_only = getattr(error, "errno", 0) in _READ_ONLY or _is_read_only(folder)
    if read_only:
        return Words(
            f"{folder} 只读，无法写入（{error}）：请检查磁盘（dmesg、mount -o remount,rw）和权限",
            f"{folder} can't be written ({error}): look at the disk (dmesg, mount -o remount,rw) and its owner",
        )
    return Words(
        f"数据库 {path} 打不开（{error}）：请检查磁盘和权限",
        f"{path} can't be opened ({error}): look at the disk and its rights",
    )


def _is_read_only(folder: Path) -> bool:
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY) or not os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return False
