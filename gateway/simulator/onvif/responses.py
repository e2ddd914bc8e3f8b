"""The bodies of the camera's responses about itself: clock, services, profiles, addresses."""

from __future__ import annotations

from datetime import datetime

SERVICES = {
    "http://www.onvif.org/ver10/device/wsdl": "/onvif/device_service",
    "http://www.onvif.org/ver10/media/wsdl": "/onvif/media",
    "http://www.onvif.org/ver10/events/wsdl": "/onvif/events",
}
PROFILES = {"main": (2560, 1440, "H264"), "sub": (640, 360, "H264")}


def clock(now: datetime) -> str:
    """Of GetSystemDateAndTime."""
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
        "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
        f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
        f"</tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
        "</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def services(base: str) -> str:
    """Of GetServices; `base` is the camera's HTTP address."""
    each = "".join(
        f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{base}{path}</tds:XAddr>"
        "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
        for namespace, path in SERVICES.items()
    )
    return f"<tds:GetServicesResponse>{each}</tds:GetServicesResponse>"


def capabilities(base: str) -> str:
    """Of GetCapabilities, for older clients."""
    return (
        "<tds:GetCapabilitiesResponse><tds:Capabilities>"
        f"<tt:Device><tt:XAddr>{base}/onvif/device_service</tt:XAddr></tt:Device>"
        f"<tt:Events><tt:XAddr>{base}/onvif/events</tt:XAddr><tt:WSSubscriptionPolicySupport>true"
        "</tt:WSSubscriptionPolicySupport><tt:WSPullPointSupport>true</tt:WSPullPointSupport>"
        "<tt:WSPausableSubscriptionManagerInterfaceSupport>false"
        "</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>"
        f"<tt:Media><tt:XAddr>{base}/onvif/media</tt:XAddr><tt:StreamingCapabilities/></tt:Media>"
        "</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )


def information() -> str:
    """Of GetDeviceInformation."""
    return (
        "<tds:GetDeviceInformationResponse><tds:Manufacturer>Anju</tds:Manufacturer><tds:Model>Twin</tds:Model>"
        "<tds:FirmwareVersion>1</tds:FirmwareVersion><tds:SerialNumber>1</tds:SerialNumber>"
        "<tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )


def profiles() -> str:
    """Of GetProfiles."""
    each = "".join(
        f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token}</tt:Name>'
        f'<tt:VideoEncoderConfiguration token="e-{token}"><tt:Name>{token}</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:Encoding>{encoding}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>"
        f"<tt:Height>{height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality>"
        "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL>"
        "<tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout>"
        "</tt:VideoEncoderConfiguration></trt:Profiles>"
        for token, (width, height, encoding) in PROFILES.items()
    )
    return f"<trt:GetProfilesResponse>{each}</trt:GetProfilesResponse>"


def media_uri(operation: str, uri: str) -> str:
    """Of GetStreamUri and GetSnapshotUri."""
    return (
        f"<trt:{operation}Response><trt:MediaUri><tt:Uri>{uri}</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
        f"<tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:{operation}Response>"
    )
