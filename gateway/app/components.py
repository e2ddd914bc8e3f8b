"""What the gateway is made of; nothing of it runs yet, and it knows no device."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from gateway.access import AccessControl
from gateway.app.access import make_access
from gateway.app.attention_watch import AttentionWatch
from gateway.app.care import make_care
from gateway.app.certificate_watch import CertificateWatch
from gateway.app.certificates import Certificates
from gateway.app.current_config import CurrentConfig
from gateway.app.door_hardware import DoorHardware, make_door_hardware
from gateway.app.door_plates import make_door_plate_service
from gateway.app.endpoints import make_broker_client, make_endpoint
from gateway.app.escalation_messages import EscalationMessages
from gateway.app.file_descriptors import ConnectionLimits
from gateway.app.handover_watch import HandoverWatch
from gateway.app.homes import Homes, make_homes
from gateway.app.links import Links
from gateway.app.notifier_devices import NotifierDevices
from gateway.app.passes import PassCodeReader, make_passes
from gateway.app.privacy import privacy_of
from gateway.app.recording import RecordingService, make_recording
from gateway.app.residents import residents_of
from gateway.app.system_alerts import SystemAlerts
from gateway.care.service import Care
from gateway.clock import Clock
from gateway.config.compound import CompoundSettings
from gateway.desk import Desk
from gateway.desk.changed_alerts import ChangedAlerts
from gateway.desk.limits.chain import ATTENTION_RULE
from gateway.desk.presence import Presence
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.door_plate import DoorPlateService
from gateway.flow.commands import Commands
from gateway.flow.emitter import Quarantine
from gateway.flow.intake import Intake
from gateway.flow.pipeline import Pipeline
from gateway.flow.rule_engine import RuleEngine
from gateway.flow.supervisor import Supervisor
from gateway.flow.tell import Tell
from gateway.flow.unrecorded_signals import GATEWAY, UnrecordedSignals
from gateway.handover import Handovers
from gateway.history.search_index import SearchIndex
from gateway.limits import RefusalLog
from gateway.model import Signal
from gateway.notify import Outbox
from gateway.passes.service import Passes
from gateway.patrol.service import Patrols
from gateway.people import CurrentRegister
from gateway.privacy import Privacy
from gateway.recording.snapshot_taker import SnapshotTaker
from gateway.residents import Residents
from gateway.store import Store
from gateway.vision.pool import VisionPool
from gateway.web.hub import Hub

OWN_WINDOW = timedelta(days=1)
"""How long the gateway's own signals are known by their source id: the ends of commands."""
Report = Callable[[Signal], Awaitable[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Everything the gateway is made of. Each is made from those above it."""

    current_config: CurrentConfig
    clock: Clock
    store: Store
    certificates: Certificates
    certificate_watch: CertificateWatch
    hub: Hub
    desk: Desk
    intake: Intake
    quarantine: Quarantine
    links: Links
    supervisor: Supervisor
    commands: Commands
    pipeline: Pipeline
    register: CurrentRegister
    unrecorded: UnrecordedSignals
    snapshots: SnapshotTaker
    recording: RecordingService
    search_index: SearchIndex
    outbox: Outbox
    report: Report
    patrols: Patrols
    door_plates: DoorPlateService
    homes: Homes
    care: Care
    passes: Passes
    refusals: RefusalLog
    limits: ConnectionLimits
    presence: Presence
    handovers: Handovers
    handover_watch: HandoverWatch
    attention: AttentionWatch
    access: AccessControl
    door_hardware: DoorHardware
    residents: Residents
    privacy: Privacy


def make(started: CompoundSettings, store: Store, limits: ConnectionLimits) -> Components:
    """Make everything; nothing of it runs yet. `started` has the settings that are read once, such as addresses."""
    clock, hub, current_config = Clock(), Hub(), CurrentConfig(started)
    certificates = Certificates(started)
    memory = UnpersistedAlerts(clock.now, ChangedAlerts())
    unrecorded = UnrecordedSignals(memory, lambda: current_config.compound, clock.now)
    refusals = RefusalLog()
    intake = Intake(store, clock, unrecorded, refusals)
    desk = Desk(store, clock.now, memory, intake.act_all)
    register = CurrentRegister(store, clock.now, intake.act)
    report = reporter(intake)
    presence = Presence(clock.monotonic)
    about_the_desk = SystemAlerts(ATTENTION_RULE, "desk.unattended", "desk.attended", desk, report, clock.now)
    patrols = Patrols(store, clock.now, current_config.desk_and_zone, report, intake.act, GATEWAY)
    quarantine = Quarantine(store, clock.now, refusals)
    links = Links(
        make_endpoint(started.mqtt, certificates.context("mqtt.endpoint.tls"), quarantine, refusals, limits.mqtt),
        make_broker_client(started.mqtt, quarantine, store.path.parent),
        VisionPool(
            started.vision.workers,
            home_province=started.home_province,
            keyframe_check_share=started.vision.glances / 100,
        ),
        refusals=refusals,
        max_receiver_connections=limits.receiver,
        state_folder=store.path.parent / "lines",
    )
    supervisor = Supervisor(intake, quarantine, clock.now, hub)
    handovers = Handovers(
        store,
        desk,
        clock.now,
        presence,
        plan=current_config.shift_plan,
        devices=supervisor.devices,
        place_name=lambda path: current_config.facts().place_name(path),
    )
    commands = Commands(store, clock.now, supervisor.perform, report, intake.act)
    outbox = Outbox(
        store,
        clock.now,
        NotifierDevices(commands, supervisor),
        SystemAlerts("notifier", "notifier.failing", "notifier.restored", desk, report, clock.now),
    )
    rules = RuleEngine(lambda: register.snapshot)
    residents = residents_of(store, register, clock, current_config, intake, outbox, refusals)
    passes = make_passes(store, clock, current_config, intake, register)
    homes = make_homes(
        store,
        clock.now,
        intake,
        report,
        rules,
        current_config,
        lambda: register.snapshot,
        outbox,
        residents.notices.tell,
    )
    care = make_care(store, clock.now, intake, rules, current_config, lambda: register.snapshot)
    desk.clock.notify = EscalationMessages(outbox, desk, current_config.facts).tell
    snapshots = SnapshotTaker(desk, store, current_config.cameras, links.picture)
    recording = make_recording(current_config.cameras, links.vision, store, clock.now, desk)
    pipeline = Pipeline(
        store,
        clock,
        intake,
        rules,
        desk,
        commands,
        hub,
        Tell(memory.changed, hub),
        snapshots,
        recording.recorder,
    )
    codes = PassCodeReader(passes)
    access = make_access(current_config, store, register, intake, commands, supervisor, codes, homes.areas.state)
    return Components(
        current_config=current_config,
        clock=clock,
        store=store,
        certificates=certificates,
        certificate_watch=CertificateWatch(
            SystemAlerts("certificate", "certificate.failing", "certificate.restored", desk, report, clock.now),
            lambda: current_config.settings,
        ),
        hub=hub,
        desk=desk,
        intake=intake,
        quarantine=quarantine,
        links=links,
        supervisor=supervisor,
        commands=commands,
        pipeline=pipeline,
        register=register,
        unrecorded=unrecorded,
        snapshots=snapshots,
        recording=recording,
        search_index=SearchIndex(store),
        outbox=outbox,
        report=report,
        patrols=patrols,
        door_plates=make_door_plate_service(
            store, clock, current_config, desk, intake, report, residents, passes, care
        ),
        homes=homes,
        care=care,
        passes=passes,
        refusals=refusals,
        limits=limits,
        presence=presence,
        handovers=handovers,
        handover_watch=HandoverWatch(about_the_desk, desk, handovers, clock.now),
        attention=AttentionWatch(
            about_the_desk,
            desk,
            presence,
            lambda: current_config.desk.attention,
        ),
        access=access,
        door_hardware=make_door_hardware(access, current_config, store, register, intake, commands, supervisor, report),
        privacy=privacy_of(store, clock, current_config, register, desk, care),
        residents=residents,
    )


def reporter(intake: Intake) -> Report:
    """Puts the gateway's own signals through the intake, as those of devices."""

    async def report(signal: Signal) -> int:
        return await intake.accept(signal, OWN_WINDOW)

    return report
