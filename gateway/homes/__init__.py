"""Alarms at home (户内报警): areas, arming and disarming for homes whose panels leave it to the gateway."""

from gateway.config.residents import HomeSection
from gateway.homes.areas import AreaAnswer, Ask, HomeAreas
from gateway.homes.rule import NAME, HomesRule
from gateway.homes.state import Area, ArmedState, HomesState
from gateway.homes.zones import own_zones

__all__ = [
    "NAME",
    "Area",
    "AreaAnswer",
    "ArmedState",
    "Ask",
    "HomeAreas",
    "HomeSection",
    "HomesRule",
    "HomesState",
    "own_zones",
]
