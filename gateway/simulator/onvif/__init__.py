"""An ONVIF camera's own side: it answers discovery, checks who asks, and tells motion and tampering by pull-point.

It is our own twin: no independent camera was available. What stands against our own mistakes is the library the
gateway speaks by, which reads every answer by the service descriptions that ONVIF publishes.
"""

from gateway.simulator.onvif.camera import CameraAccount, OnvifCamera
from gateway.simulator.onvif.discovery import Announcer

__all__ = ["CameraAccount", "Announcer", "OnvifCamera"]
