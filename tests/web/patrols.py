"""A compound with three checkpoints and one round, for the tests of the web."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.config.desk import DeskSettings
from gateway.model import Signal
from gateway.patrol.schedule import openings, still_open
from tests.web.conftest import ZONE, World

SETTINGS = DeskSettings.model_validate(
    {
        "patrols": {
            "checkpoints": [
                {"id": "east", "name": {"zh": "东门岗亭", "en": "East gate"}, "place": "gate/east"},
                {"id": "lobby", "name": {"zh": "3号楼大堂", "en": "Lobby 3"}, "place": "b3/u1/1502"},
                {"id": "roof", "name": {"zh": "3号楼楼顶", "en": "Roof 3"}, "place": "b3/u1/1503"},
            ],
            "rounds": [
                {
                    "id": "night",
                    "name": {"zh": "夜间巡更", "en": "Night round"},
                    "checkpoints": ["east", "lobby", "roof"],
                    "times": ["22:00"],
                    "shortest": "1s",
                }
            ],
        },
        "duty": {
            "rounds": [
                {
                    "id": "fire",
                    "name": {"zh": "消防控制室", "en": "Fire control room"},
                    "place": "gate/east",
                    "first": "22:00",
                    "people": 2,
                    "items": [
                        {"id": "panel", "text": {"zh": "火灾报警控制器正常", "en": "Fire panel is normal"}},
                        {
                            "id": "pressure",
                            "text": {"zh": "消火栓压力 (MPa)", "en": "Hydrant pressure"},
                            "kind": "number",
                        },
                    ],
                }
            ]
        },
    }
)
DUE = datetime(2026, 11, 30, 22, 0, tzinfo=ZONE)


async def begin(world: World, now: datetime = DUE) -> None:
    """Set the compound up and the time to when the round is due; what is due is asked for."""
    world.desk_settings, world.now = SETTINGS, now
    due = [*openings(SETTINGS, ZONE, now - timedelta(hours=1), now), *still_open(SETTINGS, ZONE, now)]
    for opening in {one.key: one for one in due}.values():
        await world.record(Signal(device="anju", kind=opening.kind, source_id=opening.key, data=opening.data))
    world.reported.clear()


async def token(world: World, checkpoint: str = "east") -> str:
    """The token in the checkpoint's QR code."""
    assert world.services is not None
    [code] = await world.services.patrols.codes.issue([checkpoint], world.now)
    return code.token
