"""Receives the live RTSP streams of many cameras in one thread, which reads all sockets on a timer.

Waking a thread for every packet costs more CPU than reading it; so the kernel collects the packets between two polls.
"""
