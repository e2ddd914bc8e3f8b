"""The test kit for drivers and rules, shipped with Anju and used by its own tests.

`rules` feeds a rule signals and time and returns its decisions. `drivers` runs a driver against a device and collects
what it says. Neither needs a store, a gateway or a network.
"""

from gateway.testing.drivers import DriverRun, RecordedReports, running
from gateway.testing.rules import action, brief, feed, made, signal

__all__ = ["DriverRun", "RecordedReports", "action", "brief", "feed", "made", "running", "signal"]
