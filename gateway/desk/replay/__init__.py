"""Makes alerts and incidents anew from decisions and people's actions, in the order in which the desk had them.

Each action names the last decision before it, so that both are put in one order.
"""

from gateway.desk.replay.replay import Replayed, replay

__all__ = ["Replayed", "replay"]
