"""The settings of residents.yaml: what the compound offers residents and visitors, and what it keeps of them.

The file is optional, and so is every key. Each section is a file of this folder.
"""

from __future__ import annotations

from gateway.config.residents.care import CareSection
from gateway.config.residents.door_plates import DoorPlateSection
from gateway.config.residents.homes import HomeList, HomeSection, HomeZone, ScheduledArming
from gateway.config.residents.privacy import ConsentKind, ConsentText, PersonalRetention, PrivacySection
from gateway.config.residents.sign_in import SignInSection
from gateway.config.residents.visitors import VisitorKind, VisitorSection
from gateway.settings.section import Section

__all__ = [
    "CareSection",
    "ConsentKind",
    "ConsentText",
    "DoorPlateSection",
    "HomeSection",
    "HomeZone",
    "PersonalRetention",
    "PrivacySection",
    "ResidentsSettings",
    "ScheduledArming",
    "SignInSection",
    "VisitorKind",
    "VisitorSection",
]


class ResidentsSettings(Section):
    """residents.yaml"""

    sign_in: SignInSection = SignInSection()
    door_plates: DoorPlateSection = DoorPlateSection()
    privacy: PrivacySection = PrivacySection()
    homes: HomeList = ()
    care: CareSection = CareSection()
    visitors: VisitorSection = VisitorSection()
