"""The characters of Chinese number plates, by the place where they may be. Standard library only."""

from __future__ import annotations

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without I and O, which are read as 1 and 0."""
AUTHORITIES = LETTERS + "O"
"""The second place is always a letter, so O can't be confused with 0 there."""
TAILS = "警学挂港澳使领"
DRIVES = "DF"
"""Battery electric, or not: nearly all green plates."""
LATER_DRIVES = "ABCEGHJK"
"""Issued by a province once D and F are used up (amendment of 2020)."""
FOREIGN = "使领"
"""Embassies and consulates."""
FORCES = "VZKHBSLJNGCE"
"""First letters of the forces' plates since 2012."""
FORMER_FORCES = "军空海北南广沈兰成济"
"""The same until 2012: headquarters, air force, navy, seven regions."""
AIRPORT = "民航"
RESCUE = "应急"
ALPHABET = "".join(dict.fromkeys(PROVINCES + AUTHORITIES + DIGITS + TAILS + AIRPORT + RESCUE + FORMER_FORCES))
