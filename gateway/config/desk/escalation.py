"""The section `escalation` of desk.yaml: what happens, step by step, when a limit is exceeded."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.config.desk.where_and_when import WhereAndWhen
from gateway.model import Words
from gateway.settings.durations import Duration, max_duration
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

Recipient = Annotated[str, Field(min_length=1, max_length=200)]
_DESKS = {
    "desk_louder": Words("本台加大音量", "this desk becomes louder"),
    "every_desk": Words("所有值班台响铃", "every desk rings"),
}


class Target(Section):
    """Who is told."""

    notifier: Annotated[str, Field(min_length=1, max_length=64, description="the id of a notifier")]
    recipients: Annotated[
        tuple[Recipient, ...], Field(max_length=20, description="whom it tells; none: those that it tells by itself")
    ] = ()
    name: Annotated[
        str, Field(max_length=40, description="as it stands on the card, such as 值班主管; default: the notifier's id")
    ] = ""

    @property
    def words(self) -> Words:
        """Such as `notify 值班主管`."""
        name = self.name or self.notifier
        return Words(f"通知{name}", f"notify {name}")


class EscalationStep(WhereAndWhen):
    """One step of the chain: a desk, or somebody who is told."""

    after: Annotated[
        Duration, max_duration(timedelta(days=1)), Field(description="how long past the limit; 0s: at the limit")
    ]
    to: Annotated[
        Literal["desk_louder", "every_desk"] | Target,
        Field(description="desk_louder, every_desk, or a notifier with its recipients"),
    ]

    @property
    def words(self) -> Words:
        """What the step does, for the card and the story."""
        return _DESKS[self.to] if isinstance(self.to, str) else self.to.words

    @property
    def target(self) -> Target | None:
        """Who is told; None for a step at the desks."""
        return None if isinstance(self.to, str) else self.to


def _in_order(steps: tuple[EscalationStep, ...]) -> tuple[EscalationStep, ...]:
    for earlier, later in pairwise(steps):
        if later.after < earlier.after:
            raise Wrong("the steps are not in the order of 'after'", "put the one that comes first above")
    return steps


Escalation = Annotated[
    tuple[EscalationStep, ...],
    AfterValidator(_in_order),
    Field(max_length=20, description="steps in order of time; those that are not for an incident are left out for it"),
]
DEFAULT_ESCALATION: Escalation = (
    EscalationStep(after=timedelta(0), to="desk_louder"),
    EscalationStep(after=timedelta(seconds=60), to="every_desk"),
)
