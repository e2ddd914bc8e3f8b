"""Bounds on what comes from outside: how often, how many at once, and a count of what was refused.

`RateLimit` bounds how often, `ConnectionSlots` how many at the same time, and `RefusalLog` counts what was refused.
Sign-in, MQTT, HTTP, alarm receivers and the quarantine all use these. No I/O; `clock` gives monotonic seconds.
"""

from gateway.limits.addresses import network
from gateway.limits.connection_slots import ConnectionSlots, NoSlotFree, first_of_largest
from gateway.limits.rate_limit import RateLimit
from gateway.limits.refusals import Refusal, RefusalLog

__all__ = ["ConnectionSlots", "NoSlotFree", "RateLimit", "Refusal", "RefusalLog", "first_of_largest", "network"]
