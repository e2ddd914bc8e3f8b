"""The installer's YAML files as one typed configuration: compound.yaml, devices.yaml, rules.yaml and secrets.yaml."""

from gateway.config.compound import CompoundSettings
from gateway.config.configuration import Configuration, DeviceEntry, RuleEntry
from gateway.config.load import load
from gateway.settings.addresses import Listen

__all__ = ["CompoundSettings", "Configuration", "DeviceEntry", "Listen", "RuleEntry", "load"]
