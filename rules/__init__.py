"""The rules that come with Anju, one file a family. A rule's kind in rules.yaml is its file's name.

The data of the signals they are fed (every field is optional):

====================  ==========================================================================
zone.*                `zone`: the number on the panel, when the device is the panel itself;
                      `area`: its area; zone.restored `from`: alarm, tamper, cover, fault, bypass
area.armed|disarmed   `area`
door.*, access.*      `door`: which one, when the device serves several
access.denied         `credential`: its kind, `reason`, `code`; of the gateway's own decisions, and of access.granted,
                      also `door`: its id, `person`, `household`, `reader`, `pass`, `by`, `entry_delay`, `floors`
credential.presented  `credential`: masked, for people; `format`; `card`: `number` (or `hex`), `facility`, `bits`
pin.entered           `digits`: how many, never which
plate.read            `text`, `score`, `list`: "resident", "watch" or null (unknown), `household`: its place;
                      `read` and `reason` ({zh, en}) where the register helped to read it
face.matched          `person`, `household`: the place, `list`: "resident" or another, `distance`; no name;
                      `turned`: true where a sign asked to turn the head
face.watchlisted      `person`, `list`: "watch", `distance`; no name: reasons hold a mark (gateway.model.person_mark)
face.unknown          `distance` to the nearest enrolled face; `turned`: false when the face was like an enrolled one,
                      but the head was never turned as the sign asked
object.seen           `event`: crossed, lingered, blocked, cleared, thrown; `line`, `zone`, `direction`;
                      or `class` of the installer's detector, `score`
meter.read            `m3`: the water meter's reading
report.made           `category`, `text`, `place`
help.called           `place`: of the door plate that was scanned
door_plate.suspected  `place`, `why`: revoked, far, impossible, many, wrong_door; `metres`, `times`, `other`: a place
====================  ==========================================================================

Together, with default settings, they raise exactly one alert for every kind of alarm: `home_alarm`
for fire, gas, water, panic, duress and medical anywhere, and for the zones and panel of a home;
`perimeter` for all other zones and panels; `doorway` for doors.
"""
