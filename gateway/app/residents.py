"""Wires residents' phones: their codes go out by the notifier that residents.yaml chooses."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from gateway.app.current_config import CurrentConfig
from gateway.clock import Clock
from gateway.config.residents import SignInSection
from gateway.errors import NotFound
from gateway.flow.intake import Intake
from gateway.limits import RefusalLog
from gateway.model import Words
from gateway.notify import Outbox
from gateway.notify.at_once import PrivateMessage
from gateway.people import CurrentRegister
from gateway.people.households import ChangeRequests
from gateway.residents import Residents, make_residents
from gateway.store import Store


def residents_of(
    store: Store,
    register: CurrentRegister,
    clock: Clock,
    current_config: CurrentConfig,
    intake: Intake,
    outbox: Outbox,
    refusals: RefusalLog,
) -> Residents:
    """Everything that residents' phones need; nothing runs yet."""

    def settings() -> SignInSection:
        return current_config.residents.sign_in

    async def send(number: str, code: str) -> None:
        notifier = settings().notifier
        if notifier is None:
            raise NotFound("residents.yaml names no notifier for codes")
        await outbox.send_private(notifier, code_message(current_config.facts().name, number, code, settings()))

    changes = ChangeRequests(store.vault, clock.now, lambda: ZoneInfo(current_config.settings.timezone))
    return make_residents(
        store,
        register,
        clock.now,
        settings,
        intake.act,
        send,
        refusals,
        changes.apply_change_request,
        lambda: current_config.residents.privacy.retention,
    )


def code_message(compound: str, number: str, code: str, settings: SignInSection) -> PrivateMessage:
    """The code is the title, so that `{{title}}` fills the one blank of a carrier's approved template."""
    minutes = max(1, int(settings.code_valid.total_seconds() // 60))
    return PrivateMessage(
        title=Words(code, code),
        text=Words(
            f"是您登录{compound}住户页面的验证码，{minutes}分钟内有效。物业和保安不会向您索要。",
            f"is your code for the residents' page of {compound}, valid for {minutes} minutes."
            " The property office and the guards never ask for it.",
        ),
        recipients=(number,),
    )
