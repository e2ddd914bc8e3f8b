/** Texts of the record of decisions at doors (通行记录). */
export const zh = {
  title: "通行",
  door: "门",
  every: "所有的门",
  onlyDenied: "只看被拒",
  time: "时间",
  who: "谁",
  how: "凭什么",
  result: "结果",
  granted: "放行",
  denied: "拒绝",
  reason: "原因",
  none: "还没有通行记录。",
  unknown: "不明",
  visitor: "访客",
  by: (user: string) => `操作人 ${user}`,
  kinds: { card: "门禁卡", pin: "密码", face: "人脸", plate: "车牌", pass: "访客码", phone: "手机", remote: "远程开门" } as Record<string, string>,
};

export type PassageWords = typeof zh;

export const en: PassageWords = {
  title: "Passages",
  door: "Door",
  every: "Every door",
  onlyDenied: "Refused only",
  time: "Time",
  who: "Who",
  how: "By",
  result: "Result",
  granted: "Let in",
  denied: "Refused",
  reason: "Reason",
  none: "Nobody has passed a door yet.",
  unknown: "unknown",
  visitor: "visitor",
  by: (user) => `by ${user}`,
  kinds: { card: "card", pin: "PIN", face: "face", plate: "plate", pass: "pass", phone: "phone", remote: "remote" },
};
