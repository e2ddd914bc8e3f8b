/** Texts of the changes that households ask for (住户申请). */
export const zh = {
  title: "申请",
  states: { open: "待办", confirmed: "已办", refused: "已退回", withdrawn: "已撤回" },
  none: "没有待办的申请。",
  registration: "扫码登记",
  noteLabel: "答复（住户能看到）",
  confirm: "核对无误，办理",
  refuse: "退回",
  done: "已办理。",
  answered: (user: string) => `经办 ${user}`,
  openRoom: "看这间房",
};

export type RequestWords = typeof zh;

export const en: RequestWords = {
  title: "Requests",
  states: { open: "Open", confirmed: "Done", refused: "Refused", withdrawn: "Withdrawn" },
  none: "Nothing is asked for.",
  registration: "Registered by the door's code",
  noteLabel: "Answer (the household reads it)",
  confirm: "Checked: carry out",
  refuse: "Refuse",
  done: "Carried out.",
  answered: (user) => `by ${user}`,
  openRoom: "Open the room",
};
