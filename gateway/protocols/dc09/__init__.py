"""SIA DC-09, Internet Protocol Event Reporting (2007, 2013, 2021): the receiver's side, without any I/O.

bytes → frame.Decoder → body → desk.judge → Taken(message, ack) → events.read → signals
                                          → Turned(why, answer): DUH or NAK
"""
