"""Modbus RTU and TCP (Application Protocol V1.1b3, Serial Line V1.02): asking, and knowing whose answer it is.

Requests and answers are pymodbus's; what is ours is that a late answer is never taken for another's.
"""
