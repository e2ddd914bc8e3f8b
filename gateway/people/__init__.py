"""Residents: households (人房关联), vehicles, enrolled faces, and the door plates of rooms."""

from gateway.model import Listing, Resident, Vehicle
from gateway.people.door_plates import DoorPlates
from gateway.people.register import CurrentRegister
from gateway.people.residents import People

__all__ = ["CurrentRegister", "DoorPlates", "Listing", "People", "Resident", "Vehicle"]
