"""MQTT, by two doors: devices come to our own endpoint, or we go to a broker as its client.

Both hand a driver the same `MqttLink`. The codec has no I/O; clauses in docstrings such as
[MQTT-3.1.0-1] are those of MQTT Version 3.1.1 (OASIS, 2014), [MQTT5-…] those of Version 5.0 (OASIS, 2019).
"""
