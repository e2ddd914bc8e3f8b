"""Modbus RTU and TCP client (Application Protocol V1.1b3, Serial Line V1.02).

pymodbus encodes requests and responses. Framing and matching are ours, so that a late response is never taken for
the response to another request.
"""
