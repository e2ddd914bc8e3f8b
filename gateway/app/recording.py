"""Who films what: the cameras' workers for the alerts of the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from gateway.clips.cameras import Cameras
from gateway.clips.film import Films
from gateway.clips.recorder import Recorder
from gateway.clips.shelf import Shelf
from gateway.desk import Desk
from gateway.model import Device
from gateway.store import Store
from gateway.vision.pool import VisionPool
from gateway.web.hub import Hub


def make_recorder(
    devices: Mapping[str, Device],
    vision: VisionPool,
    store: Store,
    shelf: Shelf,
    now: Callable[[], datetime],
    desk: Desk,
    hub: Hub,
) -> Recorder:
    """Screens are told of an alert that has got a recording."""

    async def changed(alert_id: str) -> None:
        alert = await desk.alert(alert_id)
        if alert is not None:
            hub.alert_changed(alert)

    return Recorder(Cameras(devices), Films(vision, store, shelf, now), now, changed)
