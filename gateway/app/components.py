"""What the gateway is made of; nothing of it runs yet, and it knows no device."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from gateway.app.certificate_watch import CertificateWatch
from gateway.app.certificates import Certificates
from gateway.app.current_config import CurrentConfig
from gateway.app.endpoints import make_broker_client, make_endpoint
from gateway.app.file_descriptors import ConnectionLimits
from gateway.app.links import Links
from gateway.app.recording import RecordingService, make_recording
from gateway.app.system_alerts import SystemAlerts
from gateway.clock import Clock
from gateway.config.compound import CompoundSettings
from gateway.desk import Desk
from gateway.desk.changed_alerts import ChangedAlerts
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.flow.commands import Commands
from gateway.flow.emitter import Quarantine
from gateway.flow.intake import Intake
from gateway.flow.pipeline import Pipeline
from gateway.flow.rule_engine import RuleEngine
from gateway.flow.supervisor import Supervisor
from gateway.flow.tell import Tell
from gateway.flow.unrecorded_signals import UnrecordedSignals
from gateway.limits import RefusalLog
from gateway.model import Signal
from gateway.people import CurrentRegister
from gateway.recording.snapshot_taker import SnapshotTaker
from gateway.store import Store
from gateway.vision.pool import VisionPool
from gateway.web.hub import Hub

OWN_WINDOW = timedelta(days=1)
"""How long the gateway's own signals are known by their source id: the ends of commands."""
Say = Callable[[Signal], Awaitable[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Each made from those above it."""

    in_force: CurrentConfig
    clock: Clock
    store: Store
    certificates: Certificates
    certificate_watch: CertificateWatch
    hub: Hub
    desk: Desk
    intake: Intake
    quarantine: Quarantine
    doors: Links
    supervisor: Supervisor
    commands: Commands
    pipeline: Pipeline
    register: CurrentRegister
    unrecorded: UnrecordedSignals
    witness: SnapshotTaker
    recording: RecordingService
    say: Say
    refusals: RefusalLog
    share: ConnectionLimits


def make(started: CompoundSettings, store: Store, share: ConnectionLimits) -> Components:
    """Of what is read once: addresses to listen on, certificates, a broker, how many vision workers."""
    clock, hub, in_force = Clock(), Hub(), CurrentConfig(started)
    certificates = Certificates(started)
    memory = UnpersistedAlerts(clock.now, ChangedAlerts())
    unrecorded = UnrecordedSignals(memory, lambda: in_force.compound, clock.now)
    refusals = RefusalLog()
    intake = Intake(store, clock, unrecorded, refusals)
    desk = Desk(store, clock.now, memory, intake.act)
    register = CurrentRegister(store, clock.now, intake.act)
    say = speak(intake)
    quarantine = Quarantine(store, clock.now, refusals)
    doors = Links(
        make_endpoint(started.mqtt, certificates.context("mqtt.endpoint.tls"), quarantine, refusals, share.mqtt),
        make_broker_client(started.mqtt, quarantine, store.path.parent),
        VisionPool(
            started.vision.workers,
            home_province=started.home_province,
            keyframe_check_share=started.vision.glances / 100,
        ),
        refusals=refusals,
        max_receiver_connections=share.receiver,
        state_folder=store.path.parent / "lines",
    )
    supervisor = Supervisor(intake, quarantine, clock.now, hub)
    commands = Commands(store, clock.now, supervisor.perform, say, intake.act)
    witness = SnapshotTaker(desk, store, in_force.cameras, doors.picture)
    recording = make_recording(in_force.cameras, doors.vision, store, clock.now, desk, hub)
    pipeline = Pipeline(
        store,
        clock,
        intake,
        RuleEngine(lambda: register.snapshot),
        desk,
        commands,
        hub,
        Tell(memory.changed, hub),
        witness,
        recording.recorder,
    )
    return Components(
        in_force=in_force,
        clock=clock,
        store=store,
        certificates=certificates,
        certificate_watch=CertificateWatch(
            SystemAlerts("certificate", "certificate.failing", "certificate.restored", desk, say, clock.now),
            lambda: in_force.settings,
        ),
        hub=hub,
        desk=desk,
        intake=intake,
        quarantine=quarantine,
        doors=doors,
        supervisor=supervisor,
        commands=commands,
        pipeline=pipeline,
        register=register,
        unrecorded=unrecorded,
        witness=witness,
        recording=recording,
        say=say,
        refusals=refusals,
        share=share,
    )


def speak(intake: Intake) -> Say:
    """What the gateway says itself goes the way of every signal."""

    async def say(signal: Signal) -> int:
        return await intake.accept(signal, OWN_WINDOW)

    return say
