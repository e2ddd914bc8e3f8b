"""The settings of residents.yaml: what the compound offers residents and visitors, and what it keeps of them.

The file is optional, and so is every key. Each section is a file of this folder.
"""

from __future__ import annotations

from gateway.config.residents.care import CareSection
from gateway.config.residents.homes import HomeList, HomeSection, HomeZone, ScheduledArming
from gateway.config.residents.sign_in import SignInSection
from gateway.settings.section import Section

__all__ = ["CareSection", "HomeSection", "HomeZone", "ResidentsSettings", "ScheduledArming", "SignInSection"]


class ResidentsSettings(Section):
    """residents.yaml"""

    sign_in: SignInSection = SignInSection()
    homes: HomeList = ()
    care: CareSection = CareSection()
