"""The characters of Chinese number plates, by the place where they may stand. Standard library only."""

from __future__ import annotations

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""I and O are left out: on metal they are 1 and 0."""
AUTHORITIES = LETTERS + "O"
"""The second place is a letter always, so there O is no 0."""
TAILS = "警学挂港澳使领"
DRIVES = "DF"
"""Battery alone, or not: what nearly every green plate says."""
LATER_DRIVES = "ABCEGHJK"
"""What a province gives out when D and F are used up (amendment of 2020)."""
FOREIGN = "使领"
"""Embassies and consulates."""
FORCES = "VZKHBSLJNGCE"
"""First letters of the forces' plates since 2012."""
FORMER_FORCES = "军空海北南广沈兰成济"
"""The same until 2012: headquarters, air force, navy, seven regions."""
AIRPORT = "民航"
RESCUE = "应急"
ALPHABET = "".join(dict.fromkeys(PROVINCES + AUTHORITIES + DIGITS + TAILS + AIRPORT + RESCUE + FORMER_FORCES))
