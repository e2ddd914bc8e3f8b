"""Live RTSP of many cameras in one thread: sockets are swept on a timer, because waking up is what costs."""
