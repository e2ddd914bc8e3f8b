"""Ademco Contact ID event codes (SIA DC-05-1999.09, table of event codes) → kinds of signal.

A row describes a *new event* (qualifier 1) of the code; a *restore* (3) ends it, by `code_table.RESTORE_KINDS`,
and 6 reports that it still lasts. Opening (disarming) is a new event, closing (arming) a restore.
A code without a row falls back to its class, by its first digits: an unknown alarm is still an alarm.
"""

from __future__ import annotations

from gateway.model import Words
from gateway.protocols.dc09.code_table import CodeMeaning, parse_table

# code  number  kind  中文 | English
CODES = parse_table("""
# 100–109 medical
100 zone   medical.alarm     医疗求助 | Medical
101 zone   medical.alarm     个人紧急求助 | Personal emergency
102 zone   medical.alarm     未按时报平安 | Failed to report in
# 110–119 fire
110 zone   fire.alarm        火警 | Fire
111 zone   fire.alarm        烟雾 | Smoke
112 zone   fire.alarm        燃烧 | Combustion
113 zone   fire.alarm        喷淋水流 | Sprinkler water flow
114 zone   fire.alarm        高温 | Heat
115 zone   fire.alarm        手动报警按钮 | Pull station
116 zone   fire.alarm        风管烟感 | Duct
117 zone   fire.alarm        火焰 | Flame
118 zone   fire.alarm        火警预警 | Near alarm (fire)
# 120–129 panic
120 zone   panic.pressed     紧急求助 | Panic
121 user   duress.entered    胁迫码 | Duress
122 zone   panic.pressed     无声紧急求助 | Silent panic
123 zone   panic.pressed     有声紧急求助 | Audible panic
124 user   duress.entered    胁迫开门(进) | Duress, access granted
125 user   duress.entered    胁迫开门(出) | Duress, egress granted
129 zone   panic.pressed     劫持复核 | Holdup suspicion
# 130–139 burglary
130 zone   zone.alarm        入侵 | Burglary
131 zone   zone.alarm        周界 | Perimeter
132 zone   zone.alarm        室内 | Interior
133 zone   zone.alarm        24小时防区 | 24 hour
134 zone   zone.alarm        出入口 | Entry or exit
135 zone   zone.alarm        日夜防区 | Day or night
136 zone   zone.alarm        室外 | Outdoor
137 zone   zone.tampered     防拆 | Tamper
138 zone   zone.alarm        入侵预警 | Near alarm (burglary)
139 zone   zone.alarm        入侵已复核 | Intrusion verified
# 140–149 general
140 zone   zone.alarm        一般报警 | General alarm
141 module zone.tampered     总线开路 | Polling loop open
142 module zone.tampered     总线短路 | Polling loop short
143 module device.faulted    扩展模块故障 | Expansion module failure
144 zone   zone.tampered     探测器防拆 | Sensor tamper
145 module zone.tampered     扩展模块防拆 | Expansion module tamper
146 zone   zone.alarm        无声入侵 | Silent burglary
147 zone   zone.faulted      探测器失联 | Sensor supervision failure
# 150–199 24 hours, not burglary
150 zone   zone.alarm        24小时非入侵 | 24 hour, not burglary
151 zone   gas.alarm         燃气 | Gas
152 zone   zone.alarm        制冷失效 | Refrigeration
153 zone   zone.alarm        失去供暖 | Loss of heat
154 zone   water.alarm       漏水 | Water leak
155 zone   zone.alarm        箔条断裂 | Foil break
156 zone   zone.faulted      日间故障 | Day trouble
157 zone   zone.alarm        瓶装燃气不足 | Bottled gas low
158 zone   zone.alarm        温度过高 | High temperature
159 zone   zone.alarm        温度过低 | Low temperature
161 zone   zone.alarm        通风失效 | Loss of air flow
162 zone   gas.alarm         一氧化碳 | Carbon monoxide
163 zone   zone.alarm        液位 | Tank level
# 200–209 fire supervisory
200 zone   zone.faulted      消防监管 | Fire supervisory
201 zone   zone.faulted      水压过低 | Low water pressure
202 zone   zone.faulted      二氧化碳不足 | Low CO2
203 zone   zone.faulted      阀门状态 | Gate valve
204 zone   zone.faulted      水位过低 | Low water level
205 zone   zone.faulted      水泵启动 | Pump activated
206 zone   zone.faulted      水泵故障 | Pump failure
# 300–319 system troubles
300 -      device.faulted    系统故障 | System trouble
301 -      panel.mains_lost  市电断电 | AC loss
302 -      panel.battery_low 备用电池电量低 | Low system battery
303 -      device.faulted    内存校验错 | RAM checksum
304 -      device.faulted    程序校验错 | ROM checksum
305 -      -                 主机重启 | System reset
306 user   -                 编程更改 | Programming changed
307 -      device.faulted    自检失败 | Self-test failure
308 -      device.faulted    主机停机 | System shutdown
309 -      panel.battery_low 电池测试失败 | Battery test failure
310 -      device.faulted    接地故障 | Ground fault
311 -      panel.battery_low 电池缺失 | Battery missing or dead
312 -      device.faulted    电源过流 | Power supply overcurrent
313 user   -                 工程师复位 | Engineer reset
# 320–329 sounders and relays
320 module device.faulted    警号或继电器故障 | Sounder or relay
321 module device.faulted    警号1故障 | Bell 1
322 module device.faulted    警号2故障 | Bell 2
323 module device.faulted    报警继电器故障 | Alarm relay
324 module device.faulted    故障继电器 | Trouble relay
325 module device.faulted    反相继电器 | Reversing relay
326 module device.faulted    声光回路3 | Notification circuit 3
327 module device.faulted    声光回路4 | Notification circuit 4
# 330–349 peripherals
330 module device.faulted    外围设备故障 | Peripheral trouble
331 module zone.tampered     总线开路 | Polling loop open
332 module zone.tampered     总线短路 | Polling loop short
333 module device.faulted    扩展模块失联 | Expansion module failure
334 module device.faulted    中继器故障 | Repeater failure
335 module -                 打印机缺纸 | Printer out of paper
336 module -                 打印机故障 | Printer failure
337 module device.faulted    扩展模块直流断电 | Expansion module DC loss
338 module panel.battery_low 扩展模块电池电量低 | Expansion module battery low
339 module -                 扩展模块重启 | Expansion module reset
341 module zone.tampered     扩展模块防拆 | Expansion module tamper
342 module panel.mains_lost  扩展模块市电断电 | Expansion module AC loss
343 module device.faulted    扩展模块自检失败 | Expansion module self-test
344 module device.faulted    无线受干扰 | RF receiver jammed
# 350–369 communication
350 -      device.faulted    通信故障 | Communication trouble
351 -      device.faulted    电话线1故障 | Phone line 1
352 -      device.faulted    电话线2故障 | Phone line 2
353 -      device.faulted    无线通信故障 | Radio transmitter
354 -      device.faulted    报告未送达 | Failed to communicate
355 -      device.faulted    无线监管丢失 | Radio supervision lost
356 -      device.faulted    中心轮询丢失 | Central polling lost
357 -      device.faulted    天线驻波异常 | Radio antenna
# 370–379 protection loops
370 zone   zone.faulted      防区回路 | Protection loop
371 zone   zone.faulted      回路开路 | Loop open
372 zone   zone.faulted      回路短路 | Loop short
373 zone   zone.faulted      火警回路故障 | Fire loop trouble
374 zone   zone.alarm        外出延时出错报警 | Exit error alarm
375 zone   zone.faulted      紧急防区故障 | Panic zone trouble
376 zone   zone.faulted      劫持防区故障 | Holdup zone trouble
377 zone   zone.faulted      频繁触发停用 | Swinger trouble
378 zone   zone.faulted      交叉防区故障 | Cross zone trouble
# 380–399 sensors
380 zone   zone.faulted      探测器故障 | Sensor trouble
381 zone   zone.faulted      无线探测器失联 | Radio sensor lost
382 zone   zone.faulted      总线探测器失联 | Wired sensor lost
383 zone   zone.tampered     探测器防拆 | Sensor tamper
384 zone   zone.faulted      探测器电池电量低 | Sensor battery low
385 zone   zone.faulted      烟感灵敏度过高 | Smoke detector too sensitive
386 zone   zone.faulted      烟感灵敏度过低 | Smoke detector not sensitive
387 zone   zone.faulted      入侵探测灵敏度过高 | Intrusion detector too sensitive
388 zone   zone.faulted      入侵探测灵敏度过低 | Intrusion detector not sensitive
389 zone   zone.faulted      探测器自检失败 | Sensor self-test failure
391 zone   zone.faulted      探测器久无动静 | Sensor watch
392 zone   zone.faulted      漂移补偿出错 | Drift compensation
393 zone   zone.faulted      探测器需保养 | Maintenance needed
# 400–409, 440–466 opening (disarmed) and closing (armed)
400 user   area.disarmed     撤布防 | Open or close
401 user   area.disarmed     用户撤布防 | Open or close by user
402 user   area.disarmed     分组撤布防 | Group open or close
403 -      area.disarmed     自动撤布防 | Automatic open or close
404 user   -                 逾时未撤布防 | Late to open or close
405 user   -                 推迟撤布防 | Deferred open or close
406 user   -                 用户取消报警 | Cancelled by user
407 user   area.disarmed     远程撤布防 | Remote arm or disarm
408 user   area.disarmed     快速布防 | Quick arm
409 user   area.disarmed     钥匙撤布防 | Keyswitch open or close
441 user   area.disarmed     留守布防 | Stay
442 user   area.disarmed     钥匙留守布防 | Keyswitch stay
450 user   area.disarmed     例外撤布防 | Exception open or close
451 user   area.disarmed     提前撤布防 | Early open or close
452 user   area.disarmed     延后撤布防 | Late open or close
453 user   -                 逾时未撤防 | Failed to open
454 user   -                 逾时未布防 | Failed to close
455 -      -                 自动布防失败 | Auto-arm failed
456 user   area.disarmed     部分布防 | Partial arm
457 user   -                 外出延时出错 | Exit error by user
458 user   -                 用户在场 | User on premises
459 user   -                 布防后不久报警 | Recent close
461 -      zone.tampered     密码多次错误 | Wrong code entered
462 user   -                 密码正确 | Right code entered
463 user   -                 报警后重新布防 | Re-armed after alarm
464 user   -                 自动布防推迟 | Auto-arm put off
465 -      -                 紧急报警已复位 | Panic alarm reset
466 user   -                 维护人员进出 | Service on or off premises
# 410–416 remote access
411 user   -                 请求回拨 | Callback requested
412 user   -                 远程访问成功 | Download or access successful
413 user   -                 远程访问失败 | Access unsuccessful
414 user   device.faulted    收到停机命令 | System shutdown commanded
415 user   device.faulted    收到停拨命令 | Dialler shutdown commanded
416 user   -                 上传成功 | Upload successful
# 420–434 access control
421 user   access.denied     拒绝进入 | Access denied
422 user   access.granted    准许进入 | Access by user
423 door   door.forced       强行开门 | Forced access
424 user   access.denied     拒绝外出 | Egress denied
425 user   access.granted    准许外出 | Egress granted
426 door   door.held         门开超时 | Door propped open
427 door   device.faulted    门磁故障 | Door monitor trouble
428 door   device.faulted    出门按钮故障 | Request to exit trouble
429 user   -                 进入门禁编程 | Access programming begun
430 user   -                 退出门禁编程 | Access programming ended
431 user   -                 门禁级别更改 | Threat level changed
432 door   device.faulted    门禁继电器故障 | Access relay failure
433 door   -                 出门请求旁路 | Request to exit shunted
434 door   -                 门磁旁路 | Door monitor shunted
# 500–559 disabled
501 door   device.faulted    读卡器停用 | Reader disabled
520 module device.faulted    警号停用 | Sounder disabled
521 module device.faulted    警号1停用 | Bell 1 disabled
522 module device.faulted    警号2停用 | Bell 2 disabled
531 module -                 加入模块 | Module added
532 module device.faulted    移除模块 | Module removed
551 -      device.faulted    拨号停用 | Dialler disabled
552 -      device.faulted    无线发送停用 | Radio disabled
553 -      -                 远程编程停用 | Remote programming disabled
# 570–577 bypasses
570 zone   zone.bypassed     防区旁路 | Zone bypass
571 zone   zone.bypassed     火警防区旁路 | Fire bypass
572 zone   zone.bypassed     24小时防区旁路 | 24 hour bypass
573 zone   zone.bypassed     入侵防区旁路 | Burglary bypass
574 -      zone.bypassed     分组旁路 | Group bypass
575 zone   zone.bypassed     频繁触发旁路 | Swinger bypass
576 zone   zone.bypassed     门禁防区旁路 | Access zone shunt
577 zone   zone.bypassed     门禁点旁路 | Access point bypass
# 600–659 tests and the rest
601 user   panel.tested      手动测试 | Manual test
602 -      panel.tested      定期测试 | Periodic test
603 -      panel.tested      定期无线测试 | Periodic radio test
604 user   panel.tested      火警测试 | Fire test
605 -      -                 状态报告 | Status report follows
606 -      -                 监听开始 | Listen-in follows
607 user   panel.tested      步行测试 | Walk test
608 -      panel.tested      定期测试,系统有故障 | Periodic test, trouble present
609 -      -                 视频发送 | Video active
611 zone   panel.tested      点位测试正常 | Point tested
612 zone   -                 点位未测试 | Point not tested
613 zone   panel.tested      入侵防区已测试 | Intrusion zone walk tested
614 zone   panel.tested      火警防区已测试 | Fire zone walk tested
615 zone   panel.tested      紧急防区已测试 | Panic zone walk tested
616 -      device.faulted    请求维修 | Service requested
621 -      -                 日志清空 | Event log reset
622 -      -                 日志半满 | Event log half full
623 -      -                 日志将满 | Event log 90 % full
624 -      device.faulted    日志溢出 | Event log overflow
625 user   -                 时间重设 | Time set
626 -      -                 时间不准 | Time inaccurate
627 user   -                 进入编程 | Programming begun
628 user   -                 退出编程 | Programming ended
629 -      -                 日志时标 | Event log marker
630 user   -                 计划更改 | Schedule changed
631 user   -                 例外计划更改 | Exception schedule changed
632 user   -                 门禁计划更改 | Access schedule changed
641 zone   medical.alarm     长者久无动静 | Senior watch
642 user   -                 孩子未按时到家 | Latch-key supervision
654 -      -                 系统久无动静 | System inactive
""")
_CLASSES = (
    ("10", "zone", "medical.alarm", "医疗求助", "Medical alarm"),
    ("11", "zone", "fire.alarm", "火警", "Fire alarm"),
    ("12", "zone", "panic.pressed", "紧急求助", "Panic"),
    ("1", "zone", "zone.alarm", "报警", "Alarm"),
    ("2", "zone", "zone.faulted", "消防监管", "Fire supervisory"),
    ("37", "zone", "zone.faulted", "防区故障", "Zone trouble"),
    ("38", "zone", "zone.faulted", "探测器故障", "Sensor trouble"),
    ("39", "zone", "zone.faulted", "探测器故障", "Sensor trouble"),
    ("3", "module", "device.faulted", "系统故障", "System trouble"),
    ("57", "zone", "zone.bypassed", "旁路", "Bypass"),
    ("60", "-", "panel.tested", "测试", "Test"),
    ("", "-", "-", "未知事件", "Unknown event"),
)
"""First digits → meaning, for codes without a row. The first match counts, so longer prefixes come first."""


def lookup(code: str) -> CodeMeaning:
    """Return the meaning of a new event (qualifier 1) with these three digits; never fails."""
    if code in CODES:
        return CODES[code]
    _, number, kind, zh, en = next(row for row in _CLASSES if code.startswith(row[0]))
    return CodeMeaning(kind, number, Words(f"{zh}(代码{code})", f"{en} (code {code})"))
