"""SIA DC-09, Internet Protocol Event Reporting (2007, 2013, 2021): the receiver's side, without I/O.

frame.py      bytes → frame bodies            acceptance.py  body → accepted message, or rejection with NAK or DUH
message.py    header, content, time stamp     events.py      accepted message → events
cipher.py     AES of encrypted frames         sequence.py    new message or repetition
clock.py      panel clocks and time zones     rejections.py  reports rejected messages to the guard
contact_id.py, sia_codes.py, code_table.py    event codes → signal kinds
"""
