"""ONVIF client: finds cameras (WS-Discovery), reads their streams, and pulls their events.

Whatever is received is bounded, and cleaned of XML's dangerous features, before any other code parses it. SOAP is
spoken by onvif-zeep-async, the extra `onvif`: only `soap_client.py` imports it, and that is imported when the first
camera is contacted. Discovery needs no library.
"""
