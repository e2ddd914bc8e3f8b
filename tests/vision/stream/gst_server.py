"""GStreamer's RTSP server, run under Debian's own Python.

`/usr/bin/python3 gst_server.py PORT CODEC FILE tcp|udp [USER PASSWORD]` serves
a Matroska file at /cam to every client from its beginning, at the speed of life, not encoded again.
Says `up` once it listens.
"""

import sys

import gi  # type: ignore[import-not-found]  # Debian's, for Debian's Python

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402

LIFE = 120
LAUNCH = (
    "( filesrc location={file} ! matroskademux ! {codec}parse config-interval=0"
    " ! video/x-{codec},stream-format=byte-stream,alignment=au ! rtp{codec}pay name=pay0 pt=96 mtu=1400 {more} )"
)


def main(port: str, codec: str, file: str, way: str, user: str = "", password: str = "") -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    more = "aggregate-mode=max-stap" if codec == "h264" else "aggregate-mode=max"
    factory.set_launch(LAUNCH.format(file=file, codec=codec, more=more))
    factory.set_shared(False)  # of one that two join at once, the server leaves out or repeats the first packets
    factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP if way == "udp" else GstRtsp.RTSPLowerTrans.TCP)
    if user:
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "user")
        auth.add_digest(user, password, token)
        server.set_auth(auth)
        factory.add_role_from_structure(role())
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    sys.stdout.write("up\n")
    sys.stdout.flush()
    GLib.timeout_add_seconds(LIFE, lambda: sys.exit(0))
    GLib.MainLoop().run()


def role() -> object:
    structure = Gst.Structure.new_empty("user")
    structure.set_value("media.factory.access", True)
    structure.set_value("media.factory.construct", True)
    return structure


main(*sys.argv[1:])
