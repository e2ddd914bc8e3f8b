"""Camera streams, motion detection, recognition and live view.

The gateway's process talks to vision workers through `pool`, `camera_slot` and `worker_client`; everything that decodes
runs in the worker's process (`worker`).
"""
