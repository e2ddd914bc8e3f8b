"""Serial lines: a port of this machine, or one behind a converter to Ethernet (串口服务器), without threads."""

from gateway.links.serial.line import SerialLine
from gateway.links.serial.link import SerialLink
from gateway.links.serial.settings import SerialSettings

__all__ = ["SerialLine", "SerialLink", "SerialSettings"]
