"""The rules that come with Anju, one file a family; a rule's kind in rules.yaml is its file's name.

What the signals they hear carry in `data` (all of it optional; a rule copes without):

====================  ==========================================================================
zone.*                `zone`: the number on the panel, when the device is the panel itself;
                      `area`: its area; zone.restored `from`: alarm, tamper, cover, fault, bypass
area.armed|disarmed   `area`
door.*, access.*      `door`: which one, when the device serves several
access.denied         `credential`, `reason`
credential.presented  `credential`: masked, for people; `format`; `card`: `number` (or `hex`), `facility`, `bits`
pin.entered           `digits`: how many; never which
plate.read            `text`, `score`, `list`: "resident", "watch" or null (unknown), `household`: its place;
                      `read` and `reason` ({zh, en}) where the register helped to read it
face.matched          `person`, `household`: the place, `list`: "resident" or another, `distance`; no name;
                      `turned`: true where a sign asked to turn the head
face.watchlisted      `person`, `name`, `list`: "watch", `distance`
face.unknown          `distance` to the nearest face known; `turned`: false when it was like somebody's who is
                      known, but never turned as the sign asked
object.seen           `event`: crossed, lingered, blocked, cleared, thrown; `line`, `zone`, `direction`;
                      or `class` of the installer's detector, `score`
report.made           `category`, `text`, `place`
====================  ==========================================================================

Together, with their settings left alone, they raise every alarm kind exactly once: `home_alarm`
takes fire, gas, water, panic, duress and medical wherever they are, and a home's zones and
panel; `perimeter` takes the zones and panels of everything else; `doorway` takes doors.
"""
