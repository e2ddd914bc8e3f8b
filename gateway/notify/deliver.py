"""Calls a notifier: bounded in time, and with errors of the contract only, whatever a third party's raises."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from gateway.errors import AnjuError, BadInput, LinkLost, why_of
from gateway.model import Words
from gateway.notifier import Notifier, Receipt
from gateway.tasks import UnexpectedEnd, run_isolated

log = structlog.get_logger(__name__)
TIMEOUT_S = 60.0


async def deliver(notifier: Notifier, work: Coroutine[Any, Any, Receipt]) -> Receipt:
    """The receipt of `work`. Raises LinkLost (also LoginRefused, Busy) or BadInput."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await run_isolated(work)
    except (LinkLost, BadInput):
        raise
    except TimeoutError as error:
        words = Words(f"{TIMEOUT_S:g} 秒内没有结果", f"no result within {TIMEOUT_S:g} s")
        raise LinkLost(words) from error
    except (AnjuError, OSError) as error:
        raise LinkLost(why_of(error)) from error
    except UnexpectedEnd as error:
        raise LinkLost(Words("通知渠道意外结束", f"the notifier ended by itself: {error}")) from error
    except Exception as error:  # noqa: BLE001  # a third party's notifier may raise anything
        # Without its text and traceback: they may hold the address, and with it the key.
        log.error("a notifier failed", notifier=notifier.name, error=type(error).__name__, where=_where(error))
        raise LinkLost(
            Words(f"通知渠道出错（{type(error).__name__}）", f"it failed ({type(error).__name__})")
        ) from None


def _where(error: Exception) -> str:
    """File and line where it was raised."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}" if at is not None else ""
