"""ONVIF: finding cameras (WS-Discovery), asking them for their streams, and hearing what they noticed themselves.

What comes from the wire is bounded, and cleaned of what XML can hide, before any other code sees it. SOAP
is spoken by onvif-zeep-async, the extra `onvif`: `library.py` alone imports it, and is imported when a
camera is first spoken to. Discovery needs no library.
"""
