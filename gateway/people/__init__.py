"""Residents: households (人房关联), vehicles, enrolled faces, and the door plates of rooms."""

from gateway.people.door_plates import DoorPlates
from gateway.people.residents import Listing, People, Resident, Vehicle

__all__ = ["DoorPlates", "Listing", "People", "Resident", "Vehicle"]
