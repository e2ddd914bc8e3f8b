"""A second third party's module, whose devices speak MQTT."""

from tests.config.a_driver import Speaker

DRIVER = Speaker
