"""The plan of the present configuration, and an installer's changes to plan.yaml.

A change goes the way of every other change of the configuration: the new file is checked, recorded with who made it,
put in place of the old one, and reloaded.
"""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from gateway.app.components import Components
from gateway.app.config_change import ConfigChange
from gateway.app.reload import Reloader, ReloadProgress, ReloadRejected
from gateway.config import Configuration, load
from gateway.errors import ConfigError
from gateway.model import Action, Step, Words
from gateway.plan import SitePlan, make
from gateway.plan.edit import NO_FILE, PlanChange, PlanEdit, PlanRefused
from gateway.plan.yaml_edit import YAMLError, with_positions
from gateway.store import audit

log = structlog.get_logger(__name__)
FILE = "plan.yaml"
_FOR_NEW = 0o644


class PlanEditor:
    """One change at a time."""

    def __init__(self, components: Components, change: ConfigChange, reloader: Reloader) -> None:
        self._components = components
        self._change = change
        self._reloader = reloader
        self._path = reloader.directory / FILE
        self._lock = asyncio.Lock()
        self._made: tuple[Configuration | None, SitePlan] = (None, SitePlan({}, {}))

    async def current(self) -> SitePlan:
        """The plan of the present configuration."""
        configuration = self._components.current_config.configuration
        if configuration is not None and self._made[0] is not configuration:
            # In a thread: the drawings of a large compound have tens of thousands of rooms.
            self._made = configuration, await asyncio.to_thread(make, configuration)
        return self._made[1]

    async def version(self) -> str:
        """The version of plan.yaml on disk."""
        return _version(await asyncio.to_thread(_read, self._path))

    async def change(self, edit: PlanEdit, user: str, *, dry_run: bool) -> PlanChange:
        """Show the difference or, without `dry_run`, put it into effect.

        Raises PlanRefused with the fix when nothing has changed, and NotRecorded when the audit can't be written.
        """
        async with self._lock:
            old = await asyncio.to_thread(_read, self._path)
            if _version(old) != edit.version:
                raise PlanRefused(_CHANGED_MEANWHILE, "changed_meanwhile")
            new = await asyncio.to_thread(_edited, old, edit)
            difference = _difference(old or b"", new)
            if not difference:
                return PlanChange("", edit.version, applied=False)
            with _candidate(self._path, new, keep=not dry_run) as file:
                await self._check(file)
                if dry_run:
                    return PlanChange(difference, edit.version, applied=False)
                await self._record(edit, user, difference)
                await asyncio.to_thread(_replace, file, self._path)
            await self._reload()
            log.info("plan changed", user=user, devices=len(edit.devices))
            return PlanChange(difference, _version(new), applied=True)

    async def _check(self, candidate: Path) -> None:
        """Load the whole folder with the new file, as a reload will."""
        try:
            configuration = await asyncio.to_thread(load, self._reloader.directory, candidate)
        except ConfigError as error:
            first, more = str(error.mistakes[0]), len(error.mistakes) - 1
            zh, en = (f"（另有 {more} 处）", f" (and {more} more)") if more else ("", "")
            raise PlanRefused(
                Words(f"检查没有通过：{first}{zh}", f"The check failed: {first}{en}"), "mistakes"
            ) from error
        difference = self._change.compare(configuration)
        lists = (difference.devices, difference.rules, difference.places, difference.accounts)
        if any(lists) or not all(key.startswith("plan.") for key in difference.settings):
            raise PlanRefused(_OTHERS_CHANGED, "others_changed")

    async def _record(self, edit: PlanEdit, user: str, difference: str) -> None:
        at = self._components.clock.now()
        step = Step("", "plan", user, at, data={"devices": sorted(edit.devices), "difference": difference[:20_000]})
        action = Action(kind="plan.changed", user=user, time=at, data={"devices": sorted(edit.devices)})
        await self._components.intake.act(action, lambda connection: audit.append(connection, step))

    async def _reload(self) -> None:
        rejected: list[str] = []

        async def follow(progress: ReloadProgress) -> None:
            if isinstance(progress, ReloadRejected):
                rejected.extend(progress.mistakes)

        await self._reloader.reload(follow)
        if rejected:
            zh = f"plan.yaml 已写入，但网关没能重新加载：{rejected[0]}"
            raise PlanRefused(Words(zh, f"plan.yaml is written, but was not reloaded: {rejected[0]}"), "not_reloaded")


_CHANGED_MEANWHILE = Words(
    "plan.yaml 已被别人修改，请重新打开电子地图后再改",
    "plan.yaml has changed meanwhile: open the plan anew, then change it",
)
_OTHERS_CHANGED = Words(
    "配置文件夹里还有别的改动没有生效，请先运行 anju reload",
    "Other files of the configuration have changed too: run `anju reload` first",
)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        words = Words(f"读不了 plan.yaml（{error.strerror}）", f"plan.yaml can't be read ({error.strerror})")
        raise PlanRefused(words, "unreadable") from error


def _version(content: bytes | None) -> str:
    return NO_FILE if content is None else hashlib.sha256(content).hexdigest()


def _edited(old: bytes | None, edit: PlanEdit) -> bytes:
    mark = b"\xef\xbb\xbf" if (old or b"").startswith(b"\xef\xbb\xbf") else b""
    try:
        return mark + with_positions((old or b"").decode("utf-8-sig"), edit.devices).encode()
    except (UnicodeDecodeError, YAMLError) as error:
        zh = "plan.yaml 本身有错，请先运行 anju check 并改正"
        words = Words(zh, "plan.yaml itself has mistakes: run `anju check` and mend them first")
        raise PlanRefused(words, "mistakes") from error


def _difference(old: bytes, new: bytes) -> str:
    before, after = (text.decode("utf-8-sig").splitlines(keepends=True) for text in (old, new))
    return "".join(difflib.unified_diff(before, after, FILE, f"{FILE} (new)"))


@contextmanager
def _candidate(path: Path, content: bytes, *, keep: bool) -> Iterator[Path]:
    """The new file, beside the old one so that renaming it is atomic; without `keep` it may be anywhere."""
    target = path.resolve()  # a symlink stays one: its target is replaced
    try:
        descriptor, name = tempfile.mkstemp(".yaml", ".plan-", target.parent if keep else None)
    except OSError as error:
        raise PlanRefused(_not_writable(target.parent, error), "not_writable") from error
    file = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        yield file
    finally:
        file.unlink(missing_ok=True)


def _replace(file: Path, path: Path) -> None:
    """Put the file in place of plan.yaml, with its mode. A power cut leaves the old or the new one."""
    target = path.resolve()
    try:
        if target.exists():
            present = target.stat()
            if (present.st_uid, present.st_gid) != (os.geteuid(), os.getegid()):
                _give(file, present)
            file.chmod(present.st_mode & 0o7777)
        else:
            file.chmod(_FOR_NEW)
        file.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise PlanRefused(_not_writable(target.parent, error), "not_writable") from error


def _give(file: Path, present: os.stat_result) -> None:
    try:
        os.chown(file, present.st_uid, present.st_gid)
    except PermissionError as error:
        # Only root may give files away. The daemon owns the new file then, and can still be read by the group.
        log.info("plan.yaml changes its owner", why=str(error))


def _not_writable(folder: Path, error: OSError) -> Words:
    return Words(
        f"网关不能写入 {folder}（{error.strerror}）。请让网关的用户可写这个文件夹，或把上面的改动手工写进 plan.yaml",
        f"The gateway can't write to {folder} ({error.strerror}): let its user write there, or put the difference into"
        " plan.yaml by hand",
    )
