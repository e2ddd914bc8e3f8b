"""The decision at the door: may this credential pass here, now?

`policy.decide` decides without input and output. `AccessControl` has it decide about what readers report, puts the
decision on record and has the door opened.
"""

from gateway.access.control import AccessControl, Links
from gateway.access.decision import AccessCode, AccessDecision
from gateway.access.request import AccessRequest, CodeRefusal, PassCode, PassCodes, PresentedCredential
from gateway.access.rules import AccessRules
from gateway.access.state import AccessState

__all__ = [
    "AccessCode",
    "AccessControl",
    "AccessDecision",
    "AccessRequest",
    "AccessRules",
    "AccessState",
    "CodeRefusal",
    "Links",
    "PassCode",
    "PassCodes",
    "PresentedCredential",
]
