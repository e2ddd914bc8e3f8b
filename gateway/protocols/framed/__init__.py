"""Framed protocols that are described in YAML: framing, checksum, fields and their meaning, without I/O.

frame_format.py  where a frame begins and ends    checksum.py     checksum algorithms
decoder.py       bytes in, frames out             fields.py       numbers and text in a frame
template.py      frames to send, as in the YAML   hex_bytes.py    bytes as in the YAML
settings.py      the YAML settings                validation.py   checks between settings
frame_parser.py, field_values.py                 frame → events
frame_builder.py, commands.py                    requests and their replies
examples.py      the manual's frames, checked by `anju check`
"""
