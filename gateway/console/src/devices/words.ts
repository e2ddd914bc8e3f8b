/** Texts of commands with confirmation, their last answer, arming and announcements. */
export const zh = {
  last: {
    none: "还没有下过指令",
    by: (action: string, who: string, when: string) => `上次：${action} · ${who} · ${when}`,
    states: { recorded: "待执行", sent: "等待回执", done: "已执行", failed: "未执行" } as Record<string, string>,
  },
  reason: "原因",
  reasonNeeded: "请写明原因",
  arming: {
    armed: "布防",
    disarmed: "撤防",
    bypassed: "旁路",
    normal: "未旁路",
    unknown: "未知",
    area: (n: number | null) => (n === null ? "布防状态" : `分区 ${n}`),
    zone: (n: number | null) => (n === null ? "防区" : `防区 ${n}`),
    since: (when: string) => `自 ${when}`,
    unknownLong: "主机还没有报过",
  },
  announce: {
    title: "广播",
    confirm: (text: string) => `确认播放“${text}”？`,
    yes: "确认播放",
    at: (names: string) => `播放于：${names}`,
    sending: "正在播放…",
    done: "已播放",
    partly: (n: number, all: number) => `${all} 处中有 ${n} 处没有播放`,
    failed: "没有播放",
  },
};

export const en: typeof zh = {
  last: {
    none: "No command yet",
    by: (action: string, who: string, when: string) => `Last: ${action} · ${who} · ${when}`,
    states: { recorded: "to be sent", sent: "no answer yet", done: "done", failed: "not done" },
  },
  reason: "Reason",
  reasonNeeded: "Say why",
  arming: {
    armed: "Armed",
    disarmed: "Disarmed",
    bypassed: "Bypassed",
    normal: "Not bypassed",
    unknown: "Unknown",
    area: (n: number | null) => (n === null ? "Arming" : `Area ${n}`),
    zone: (n: number | null) => (n === null ? "Zone" : `Zone ${n}`),
    since: (when: string) => `since ${when}`,
    unknownLong: "The panel has not said",
  },
  announce: {
    title: "Announcements",
    confirm: (text: string) => `Speak “${text}”?`,
    yes: "Speak it",
    at: (names: string) => `Spoken at: ${names}`,
    sending: "Speaking…",
    done: "Spoken",
    partly: (n: number, all: number) => `${n} of ${all} did not speak it`,
    failed: "Not spoken",
  },
};
