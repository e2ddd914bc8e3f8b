"""Framed protocols that are described in YAML: framing, checksum, fields and what they mean, without I/O.

frame.py      where a frame begins and ends           checksum.py  what proves it
decoder.py    bytes in, frames out                    fields.py    numbers and words in a frame
template.py   frames to send                          settings.py  all of it, as the YAML has it
reader.py     a frame → what it tells                 examples.py  the manual's frames, tried by `anju check`
"""
