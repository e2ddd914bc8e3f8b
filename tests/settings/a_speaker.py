"""A second third party's module, whose devices speak MQTT."""

from tests.settings.a_driver import Speaker

DRIVER = Speaker
