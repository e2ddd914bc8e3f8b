"""What doors ask of passes: whether a code is genuine and new, whether its pass holds, and to count an opening."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from gateway.config.residents import VisitorSection
from gateway.errors import NotRecorded
from gateway.model import Signal
from gateway.model.access_pass import Pass
from gateway.passes import codes
from gateway.passes.held import HeldPasses, PassUse
from gateway.passes.validity import PassRefusal, refusal
from gateway.store import Store
from gateway.store.columns import to_us

log = structlog.get_logger(__name__)
_MOST_PENDING = 10_000
_KEY_PURPOSE = "pass codes"


class PassesAtDoor:
    """Decides from memory alone, so that a broken disk closes no door. See `Passes` for the arguments."""

    def __init__(
        self,
        held: HeldPasses,
        store: Store,
        settings: Callable[[], tuple[VisitorSection, ZoneInfo]],
        emit: Callable[[Signal], Awaitable[int]],
        device: str,
    ) -> None:
        self._held = held
        self._store = store
        self._settings = settings
        self._emit = emit
        self._device = device
        self._key: bytes | None = None
        self._pending: list[PassUse] = []
        """Uses that the disk did not take; the upkeep writes them."""

    @property
    def key(self) -> bytes:
        """The gateway's key of all codes. Raises VaultError without a usable key."""
        if self._key is None:
            self._key = self._store.vault.mac(_KEY_PURPOSE, b"")
        return self._key

    def verify(self, text: str, now: datetime) -> codes.VerifiedCode | codes.CodeFault:
        """Check a code that a reader has read, by signature and time. Raises VaultError without a usable key."""
        return codes.verify_code(text, self.key, now, self._settings()[0].clock_tolerance)

    def copied(self, code: codes.VerifiedCode, door: str, at: datetime) -> codes.CodeFault | None:
        """Why a genuine code opens this door no more: it was used at another one, or here a while ago."""
        return self._held.windows.fault(code, door, at)

    def refusal(self, one: Pass, door: str, at: datetime) -> PassRefusal | None:
        """Why the pass does not open this door now; None when it does."""
        settings, zone = self._settings()
        return refusal(one, settings, door, at, zone)

    def begin_use(
        self, pass_id: str, door: str, at: datetime, window: int | None = None, key: str | None = None
    ) -> PassUse | None:
        """Count an opening in memory, before the first `await`. Commit its `unit` with the decision, then `tell`.

        The same code at the same door is one use. `key` names any other one; without, its time does. None when it is
        counted already.
        """
        named = key or (f"{pass_id}/{door}/{to_us(at)}" if window is None else f"{pass_id}/{door}/w{window}")
        return self._held.use(pass_id, door, at, window, named)

    async def used(
        self, pass_id: str, door: str, at: datetime, window: int | None = None, key: str | None = None
    ) -> bool:
        """Count an opening and tell the rules; returns whether it is a new one. A broken disk gets it later."""
        use = self.begin_use(pass_id, door, at, window, key)
        if use is None:
            return False
        try:
            await self._store.write(use.unit)
        except NotRecorded as error:
            log.error("a use of a pass is not on record yet", use=use.key, why=str(error))
            self._pending = [*self._pending, use][-_MOST_PENDING:]
        await self.tell(use)
        return True

    async def tell(self, use: PassUse) -> None:
        """Put the use into the journal, for the rules. A disk that takes nothing loses only that."""
        try:
            await self._emit(use.signal(self._device, self._settings()[0].words_of(use.its.kind)))
        except NotRecorded as error:
            log.error("rules did not hear of a pass's use", use=use.key, why=str(error))

    async def write_pending(self) -> None:
        """Write the uses that the disk did not take. Raises NotRecorded when it still does not."""
        while self._pending:
            await self._store.write(self._pending[0].unit)
            del self._pending[0]
