import type { RoundState } from "./types";

const stateZh: Record<RoundState, string> = {
  waiting: "未到时间",
  under_way: "巡更中",
  done: "完成",
  incomplete: "漏点",
  missed: "漏巡",
};
const stateEn: Record<RoundState, string> = {
  waiting: "Not yet",
  under_way: "Under way",
  done: "Done",
  incomplete: "Incomplete",
  missed: "Missed",
};

export const zh = {
  title: "巡更",
  today: "今日巡更",
  state: stateZh,
  none: "今天没有要走的巡更。巡更点和班次在 desk.yaml 的 patrols 里设置。",
  progress: (done: number, total: number) => `${done}/${total} 点`,
  who: "保安",
  late: "补传",
  lateHint: (when: string) => `手机没有信号，${when} 才收到；时间以手机为准`,
  quick: "过快",
  order: "顺序不对",
  begunLate: "晚开始",
  card: "刷卡",
  days: "最近 7 天",
  round: "班次",
  print: "打印",
  loading: "正在载入…",
  dutyLog: "值班记录",
  dutyNone: "还没有值班记录",
  more: "更早的",
};

export const en: typeof zh = {
  title: "Patrol",
  today: "Rounds today",
  state: stateEn,
  none: "No round is due today. Checkpoints and rounds are set in desk.yaml, under patrols.",
  progress: (done, total) => `${done} of ${total}`,
  who: "Guard",
  late: "delivered late",
  lateHint: (when) => `The phone had no signal; received ${when}. The time is the phone's`,
  quick: "too quick",
  order: "out of order",
  begunLate: "begun late",
  card: "card",
  days: "Last 7 days",
  round: "Round",
  print: "Print",
  loading: "Loading…",
  dutyLog: "Duty log",
  dutyNone: "Nothing has been written yet",
  more: "Older",
};
