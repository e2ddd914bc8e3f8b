"""Explains a broker's reason codes to the person who looks after the gateway."""

from __future__ import annotations

from paho.mqtt.reasoncodes import ReasonCode

from gateway.model import Words

TAKEN_OVER = 0x8E
"""Session taken over (MQTT 5, 2.4): another connection came with the same client id."""
_CLIENT_ID_INVALID = 0x85
_LOGIN_REFUSED = frozenset({0x86, 0x87, 0x8C})
"""Bad user name or password, not authorized, bad authentication method."""


def taken_over(client_id: str) -> Words:
    """For a broker that says that another client has our client id."""
    return Words(
        f"另一个客户端也用 client_id {client_id} 连接消息服务器（MQTT），互相挤下线，报警会丢；"
        "多半是另一台网关，请给其中一台另设 mqtt.broker.client_id",
        f"another client uses our client id {client_id!r}, each cuts the other off and signals are lost: most likely a"
        " second gateway, give one of them another `mqtt.broker.client_id`",
    )


def maybe_taken_over(client_id: str) -> Words:
    """For a broker that gives no reason and closes the connection again and again right after it accepted it."""
    return Words(
        f"消息服务器（MQTT）接受连接后马上断开，多次如此；可能另一个客户端也用 client_id {client_id}，"
        "请给其中一台另设 mqtt.broker.client_id，并查看消息服务器的日志",
        f"it accepts us and cuts us off again and again: perhaps another client uses our client id {client_id!r},"
        " then give one of them another `mqtt.broker.client_id`; the broker's log says more",
    )


def refusal(reason: ReasonCode, client_id: str) -> Words:
    """For a CONNACK that refuses the connection."""
    if reason.value in _LOGIN_REFUSED:
        return Words(
            "消息服务器（MQTT）不接受网关的用户名或密码，请通知安装员",
            f"it refused us ({reason}): check `user` and `password` under mqtt.broker",
        )
    if reason.value == _CLIENT_ID_INVALID:
        return Words(
            f"消息服务器（MQTT）不接受 client_id {client_id}，请通知安装员",
            f"it refused our client id {client_id!r} ({reason}): set another `client_id` under mqtt.broker",
        )
    return Words("消息服务器（MQTT）拒绝连接，请通知安装员", f"it refused us ({reason}): its log says why")
