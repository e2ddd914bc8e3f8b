"""MQTT in two ways: devices connect to the gateway's own endpoint, or the gateway is the client of a broker.

Both give a driver the same `MqttLink`. The codec has no I/O; clauses in docstrings such as
[MQTT-3.1.0-1] are those of MQTT Version 3.1.1 (OASIS, 2014), [MQTT5-…] those of Version 5.0 (OASIS, 2019).
"""
