"""The vocabulary: what one device said, what a guard must handle, what is to be done.

Standard library only, frozen, typed. Times are aware datetimes in UTC. Everything in
`data` is JSON: what can't be written to the journal can't be said.
"""

from gateway.model.access_list import AccessList, AccessListEntry
from gateway.model.access_pass import Pass
from gateway.model.alert import DRILL_RULE, DRILL_STARTED, Alert, AlertState, Disposition, Severity, Step
from gateway.model.command import Command, limit_of
from gateway.model.credential import Credential, CredentialKind
from gateway.model.decision import Clear, Decision, Decisions, Perform, Raise, WakeAt
from gateway.model.device import Device, DeviceType, Health, Place
from gateway.model.event import Action, Event, Wake
from gateway.model.ids import DEVICE_ID, PLACE_PATH, new_id
from gateway.model.incident import Incident, Member, Relation
from gateway.model.json import Json
from gateway.model.kinds import ACTION_KINDS, ALARM_KINDS, KINDS, OTHER_KINDS, SIGHTING_KINDS, is_kind
from gateway.model.people import Household, Membership, Person, Role
from gateway.model.person_marks import named, named_data, person_mark, with_ids, with_names
from gateway.model.register import CredentialKey, Listing, Register, Resident, Vehicle
from gateway.model.signal import Signal
from gateway.model.silence import LASTING_KINDS, LIFE_SAFETY_KINDS, HeldAlarm, SilencedSource
from gateway.model.words import Text, Words, as_data, from_data

__all__ = [
    "ACTION_KINDS",
    "ALARM_KINDS",
    "DEVICE_ID",
    "DRILL_RULE",
    "DRILL_STARTED",
    "KINDS",
    "LASTING_KINDS",
    "LIFE_SAFETY_KINDS",
    "OTHER_KINDS",
    "PLACE_PATH",
    "SIGHTING_KINDS",
    "AccessList",
    "AccessListEntry",
    "Action",
    "Alert",
    "AlertState",
    "Clear",
    "Command",
    "Credential",
    "CredentialKey",
    "CredentialKind",
    "Decision",
    "Decisions",
    "Device",
    "DeviceType",
    "Disposition",
    "Event",
    "Health",
    "HeldAlarm",
    "Household",
    "Incident",
    "Json",
    "Listing",
    "Member",
    "Membership",
    "Pass",
    "Perform",
    "Person",
    "Place",
    "Raise",
    "Register",
    "Relation",
    "Resident",
    "Role",
    "Severity",
    "Signal",
    "SilencedSource",
    "Step",
    "Text",
    "Vehicle",
    "Wake",
    "WakeAt",
    "Words",
    "as_data",
    "from_data",
    "is_kind",
    "limit_of",
    "named",
    "named_data",
    "new_id",
    "person_mark",
    "with_ids",
    "with_names",
]
