"""The list of signal kinds: `noun.verb` in the past tense; a third party's own begin with `x.`."""

from __future__ import annotations

import re

ALARM_KINDS = frozenset(
    """zone.alarm zone.tampered panic.pressed duress.entered fire.alarm gas.alarm water.alarm
    medical.alarm door.forced help.called""".split()
)
SIGHTING_KINDS = frozenset(
    "motion.started motion.ended face.matched face.unknown face.watchlisted plate.read object.seen".split()
)
OTHER_KINDS = frozenset(
    """zone.restored zone.faulted zone.bypassed area.armed area.disarmed
    fire.restored gas.restored water.restored panic.restored medical.restored
    door.opened door.closed door.held door.locked door.unlocked
    credential.presented pin.entered code.read reader.tampered reader.restored
    access.granted access.denied exit.requested call.started call.answered call.ended
    camera.covered camera.dirty camera.frozen camera.moved camera.restored barrier.opened barrier.closed
    barrier.blocked barrier.cleared
    panel.battery_low panel.battery_restored panel.mains_lost panel.mains_restored panel.tested
    device.online device.offline device.silent device.refused device.faulted device.restored
    command.done command.failed report.made storage.failed storage.restored
    certificate.failing certificate.restored notifier.failing notifier.restored
    meter.read
    patrol.opened checkpoint.scanned finding.reported duty.asked
    door_plate.scanned door_plate.suspected
    desk.unattended desk.attended
    configuration.changed configuration.refused""".split()
)
KINDS = ALARM_KINDS | SIGHTING_KINDS | OTHER_KINDS
"""What devices say."""
ACTION_KINDS = frozenset(
    """alert.acknowledged alert.on_scene alert.held alert.closed alert.assigned alert.noted
    alert.answered
    incident.acknowledged incident.on_scene incident.held incident.closed incident.assigned incident.noted
    incident.merged incident.split incident.reminder_set incident.reminded incident.escalated incident.rang_again
    handover.signed
    silence.begun silence.ended drill.started
    snapshot.taken evidence.exported
    procedure.chosen procedure.answered procedure.step_taken
    area.arm_asked area.disarm_asked area.bypass_asked
    care.agreed care.ended care.away care.back care.fine
    command.ordered user.signed_in user.signed_out register.changed
    pass.created pass.revoked pass.left
    duty.logged plan.changed
    consent.given consent.withdrawn person.erasure_ordered
    resident.signed_in resident.signed_out resident.key_made resident.asked resident.answered
    door_plate.hung door_plate.issued door_plate.revoked""".split()
)
"""What people do."""
_THIRD_PARTY_KIND = re.compile(r"x\.[a-z0-9_]+(\.[a-z0-9_]+)*")


def is_kind(kind: str) -> bool:
    """Whether `kind` is one of the list, or a third party's own (`x.…`)."""
    return kind in KINDS or _THIRD_PARTY_KIND.fullmatch(kind) is not None
