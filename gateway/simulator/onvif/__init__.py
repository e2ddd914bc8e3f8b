"""A simulated ONVIF camera: answers discovery, authenticates, and reports motion and tampering by pull-point.

No independent camera was available. What guards against mistakes that client and twin have in common is the library
of the client, which parses every response by the service descriptions that ONVIF publishes.
"""

from gateway.simulator.onvif.camera import CameraAccount, OnvifCameraTwin
from gateway.simulator.onvif.discovery import Announcer

__all__ = ["Announcer", "CameraAccount", "OnvifCameraTwin"]
