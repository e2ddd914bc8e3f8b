"""SIA event codes (ANSI/SIA DC-03-1990.01 and DC-07, table of data codes) → kinds of signal.

Most codes are a letter for the kind of zone and a letter for the event (FAMILIES, SUFFIXES); CODES holds the
others and takes precedence. An unknown code that ends in A is an alarm: the three that end in A and are no
alarm (DA, RA, XA) are in CODES.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.model import Words
from gateway.protocols.dc09.code_table import RESTORE_KINDS, CodeMeaning, parse_table

# letter  number  kind of its alarm  中文 | English
FAMILIES = parse_table("""
B zone zone.alarm    入侵 | Burglary
F zone fire.alarm    火灾 | Fire
G zone gas.alarm     燃气 | Gas
H zone duress.entered 劫持 | Holdup
K zone fire.alarm    高温 | Heat
M zone medical.alarm 医疗 | Medical
P zone panic.pressed 紧急求助 | Panic
Q zone panic.pressed 紧急求助 | Emergency
S zone fire.alarm    喷淋 | Sprinkler
T zone zone.tampered 防拆 | Tamper
U zone zone.alarm    未分类防区 | Untyped zone
W zone water.alarm   漏水 | Water
Z zone zone.alarm    低温 | Freeze
""")

# letter  number  kind (alarm: the family's; restored: its end)  中文 | English
SUFFIXES = parse_table("""
A - alarm           报警 | alarm
H - restored        报警恢复 | alarm restored
R - restored        恢复 | restored
T - zone.faulted    故障 | trouble
J - fault.restored  故障恢复 | trouble restored
S - zone.faulted    监管异常 | supervisory
B - zone.bypassed   旁路 | bypassed
U - bypass.restored 旁路恢复 | unbypassed
X - panel.tested    测试 | test
""")

# code  number  kind  中文 | English
CODES = parse_table("""
# arming
CA area area.armed    自动布防 | Automatic closing
CF user area.armed    强制布防 | Forced closing
CG area area.armed    部分布防 | Area closed
CJ user area.armed    延后布防 | Late close
CK user area.armed    提前布防 | Early close
CL user area.armed    布防 | Closing
CP user area.armed    自动布防 | Automatic closing
CQ user area.armed    远程布防 | Remote closing
CS zone area.armed    钥匙布防 | Closing by keyswitch
CW area area.armed    强制布防 | Was force armed
NF area area.armed    强制周界布防 | Forced perimeter arm
NL area area.armed    周界布防 | Perimeter armed
NM area area.armed    自定义周界布防 | Perimeter armed, user defined
OA area area.disarmed 自动撤防 | Automatic opening
OG area area.disarmed 部分撤防 | Area opened
OH user area.disarmed 报警后提前撤防 | Early to open from alarm
OJ user area.disarmed 延后撤防 | Late open
OK user area.disarmed 提前撤防 | Early open
OL user area.disarmed 报警后延后撤防 | Late to open from alarm
OP user area.disarmed 撤防 | Opening
OQ user area.disarmed 远程撤防 | Remote opening
OR user area.disarmed 报警后撤防 | Disarmed from alarm
OS zone area.disarmed 钥匙撤防 | Opening by keyswitch
CD area -             逾时未布防 | Closing delinquent
CE user -             布防推迟 | Closing extended
CI area -             未按时布防 | Failed to close
CR user -             布防后不久报警 | Recent closing
CT area -             逾时未撤防 | Late to open
OC user -             取消报警 | Cancelled
OI area -             未按时撤防 | Failed to open
OT user -             逾时未布防 | Late to close
BC user -             取消入侵报警 | Burglary cancelled
FC zone -             取消火警 | Fire cancelled
# alarms and what is near them
BM zone zone.alarm    入侵交叉确认 | Burglary, cross point
BV zone zone.alarm    入侵已复核 | Burglary verified
BG zone zone.alarm    入侵未复核 | Burglary, unverified
BD zone zone.faulted  频繁触发 | Swinger trouble
BE zone fault.restored 频繁触发恢复 | Swinger trouble restored
BZ zone zone.faulted  点位失联 | Point missing
EA zone zone.alarm    外出延时出错报警 | Exit alarm
EE user -             外出延时出错 | Exit error
EZ zone zone.alarm    外出延时点位丢失 | Point missing at exit
CM zone zone.alarm    布防后点位丢失 | Point missing after closing
FG zone fire.alarm    火警未复核 | Fire, unverified
FM zone fire.alarm    火警交叉确认 | Fire, cross point
FI area -             火警测试开始 | Fire test begun
FK area -             火警测试结束 | Fire test ended
FL zone -             火警消音 | Fire alarm silenced
FQ zone fault.restored 火警监管故障恢复 | Fire supervisory trouble restored
FV zone fault.restored 火警监管恢复 | Fire supervision restored
FW zone zone.faulted  火警监管故障 | Fire supervisory trouble
FY zone zone.faulted  火警点位失联 | Fire point missing
FZ zone zone.faulted  火警监管点位失联 | Fire supervision missing
UG zone zone.alarm    报警未复核 | Untyped, unverified
UX -    zone.alarm    未定义报警 | Undefined alarm
UY zone zone.faulted  点位失联 | Point missing
UZ zone zone.alarm    布防点位丢失 | Armed point missing
XM zone zone.alarm    点位丢失已确认 | Missing alarm, cross point
AA -    zone.tampered 主机被替换 | Panel substituted
AB zone -             报警中止 | Aborted
AN zone fault.restored 模拟烟感恢复 | Analog sensor restored
AS zone zone.faulted  模拟烟感需清洁 | Analog sensor needs service
JA area zone.tampered 密码多次错误 | Wrong codes
JC area tamper.restored 密码锁定解除 | Wrong codes over
JK user -             孩子未按时到家 | Latch-key alert
JP user -             用户在场 | User on premises
NA zone medical.alarm 久无动静 | No activity
NS zone medical.restored 恢复动静 | Activity resumed
# tamper, beyond its family
ES module zone.tampered 扩展模块防拆 | Expansion device tamper
EJ module tamper.restored 扩展模块防拆恢复 | Expansion device tamper restored
TT zone zone.tampered 撤防中防拆 | Tamper while disarmed
TH zone tamper.restored 防拆恢复 | Tamper restored
TJ zone tamper.restored 防拆恢复 | Tamper restored
XS module zone.tampered 无线接收器防拆 | RF receiver tamper
XJ module tamper.restored 无线接收器防拆恢复 | RF receiver tamper restored
# tests
RP -    panel.tested  定期测试 | Automatic test
RX user panel.tested  手动测试 | Manual test
RY zone panel.tested  测试,系统有异常 | Test, off normal
TX -    panel.tested  测试 | Test report
TS -    panel.tested  测试开始 | Test started
TE -    panel.tested  测试结束 | Test ended
TC -    panel.tested  全部点位已测试 | All points tested
TP zone panel.tested  步行测试点位 | Walk test point
TW area -             区域看护开始 | Area watch begun
TZ area -             区域看护结束 | Area watch ended
# power
AT -    panel.mains_lost        市电断电 | AC trouble
AR -    panel.mains_restored    市电恢复 | AC restored
YT -    panel.battery_low       备用电池电量低 | System battery trouble
YM -    panel.battery_low       备用电池缺失 | System battery missing
YR -    panel.battery_restored  备用电池恢复 | System battery restored
XT zone zone.faulted            探测器电池电量低 | Sensor battery low
XR zone fault.restored          探测器电池恢复 | Sensor battery restored
YP -    device.faulted          电源故障 | Power supply trouble
YQ -    device.restored         电源恢复 | Power supply restored
YI -    device.faulted          电源过流 | Overcurrent
YJ -    device.restored         过流恢复 | Overcurrent over
RR -    -                       主机上电 | Power up
# the panel, its devices and its communication
ET module device.faulted  扩展设备故障 | Expansion trouble
ER module device.restored 扩展设备恢复 | Expansion restored
EM module device.faulted  扩展设备失联 | Expansion device missing
EN module device.restored 扩展设备恢复 | Expansion device back
IA module device.faulted  设备故障 | Equipment failure
IR module device.restored 设备恢复 | Equipment restored
LT module device.faulted  电话线故障 | Phone line trouble
LR module device.restored 电话线恢复 | Phone line restored
NC module device.faulted  网络异常 | Network condition
NT module device.faulted  网络故障 | Network failure
NR module device.restored 网络恢复 | Network restored
OU module device.faulted  输出故障 | Output trouble
OV module device.restored 输出恢复 | Output restored
RT module device.faulted  报告丢失 | Data lost
XQ module device.faulted  无线受干扰 | RF interference
XH module device.restored 无线干扰解除 | RF interference over
XL module device.faulted  无线信号弱 | Weak radio signal
XE zone -                 多出点位 | Extra point
XF zone -                 多出无线点位 | Extra radio point
XW zone zone.bypassed     点位强制布防旁路 | Point forced out at arming
XX -    device.faulted    未按时测试 | Failed to test
YA -    device.faulted    警号故障 | Bell fault
YH -    device.restored   警号恢复 | Bell restored
YC -    device.faulted    通信失败 | Communications failed
YK -    device.restored   通信恢复 | Communications restored
YS -    device.faulted    通信故障 | Communications trouble
YD module device.faulted  线路卡故障 | Line card trouble
YE module device.restored 线路卡恢复 | Line card restored
YF -    device.faulted    参数校验错 | Parameter checksum
YG -    -                 参数更改 | Parameters changed
YU -    device.faulted    诊断出错 | Diagnostic error
YW -    -                 看门狗复位 | Watchdog reset
YX -    device.faulted    请求维修 | Service required
YZ -    device.restored   维修完成 | Service completed
RA -    -                 远程编程呼叫失败 | Remote programmer call failed
XA -    -                 收到未登记账号的上报 | Report of an unknown account
YN -    device.faulted    报告无效 | Invalid report
JL -    -                 日志将满 | Log nearly full
JO -    device.faulted    日志溢出 | Log overflow
SC module -               设备状态改变 | Change of state
# access control
DF door door.forced    强行开门 | Door forced
DJ door door.forced    撤防中强行开门 | Door forced while disarmed
DL door door.held      门开超时 | Door left open
DM door door.held      撤防中门开超时 | Door left open while disarmed
DN door door.held      门开超时 | Door left open, no alarm
DH door door.closed    门已关 | Door left open, over
DR door door.closed    门已恢复 | Door restored
DG door access.granted 准许进入 | Access granted
DD door access.denied  拒绝进入 | Access denied
DI door access.denied  防重入拒绝 | Access denied, passback
DK door access.denied  门禁锁定 | Access lockout
DP door access.denied  时段外拒绝 | Access denied, time
DQ door access.denied  布防拒绝 | Access denied, armed
DV door access.denied  级别不足拒绝 | Access denied, level
DW door access.denied  互锁拒绝 | Access denied, interlock
DZ door access.denied  门已锁死拒绝 | Access denied, secured
DA user -              发卡 | Card assigned
DE door exit.requested 请求进入 | Request to enter
DX door exit.requested 请求外出 | Request to exit
DT -    device.faulted 门禁故障 | Access trouble
DO door door.unlocked  门常开 | Access open
DC door door.locked    门常闭 | Access closed
DY door door.locked    门已锁 | Door locked
""")
_RESTORES: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {f"{end}.restored": ("zone.restored", end) for end in ("fault", "bypass", "tamper")}
)
"""The tables' short forms → signal kind and its `from`."""


def lookup(code: str) -> tuple[CodeMeaning, str | None]:
    """Return the meaning of a two-letter code, and the `from` of its `zone.restored` (None for other kinds)."""
    if code in CODES:
        found = CODES[code]
        kind, end = _RESTORES.get(found.kind, (found.kind, None))
        return CodeMeaning(kind, found.number, found.text), end
    family, suffix = FAMILIES.get(code[0]), SUFFIXES.get(code[1])
    if family and suffix:
        return _of_family(family, suffix, whole=code[1] == "R")
    if code[1] == "A":  # a guard checks a false alarm; a missed one costs more
        return CodeMeaning("zone.alarm", "zone", Words(f"报警(代码{code})", f"Alarm (code {code})")), None
    return CodeMeaning("-", "-", Words(f"未知事件(代码{code})", f"Unknown event (code {code})")), None


def _of_family(family: CodeMeaning, suffix: CodeMeaning, *, whole: bool) -> tuple[CodeMeaning, str | None]:
    """`whole`: the restore ends both alarm and trouble, so its `from` stays open."""
    text = Words(f"{family.text.zh}{suffix.text.zh}", f"{family.text.en} {suffix.text.en}")
    kind, end = _RESTORES.get(suffix.kind, (suffix.kind, None))
    if kind == "alarm":
        kind = family.kind
    elif kind == "restored":
        kind, end = RESTORE_KINDS.get(family.kind, ("-", None))
        end = None if whole and family.kind == "zone.alarm" else end
    return CodeMeaning(kind, family.number, text), end
