"""The installer's YAML, typed: compound.yaml, devices.yaml, rules.yaml and secrets.yaml."""

from gateway.settings.addresses import Listen
from gateway.settings.compound import CompoundSettings
from gateway.settings.configuration import Configuration, DeviceEntry, RuleEntry
from gateway.settings.load import load

__all__ = ["CompoundSettings", "Configuration", "DeviceEntry", "Listen", "RuleEntry", "load"]
