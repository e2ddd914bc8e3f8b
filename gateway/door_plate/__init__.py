"""What stands behind a door plate's page: scans and their misuse, reports' progress, announced visits, roles' views."""

from gateway.door_plate.positions import Position
from gateway.door_plate.service import DoorPlateService

__all__ = ["DoorPlateService", "Position"]
