import type { Messages } from "../i18n/zh";

/** Who did something, for people: a user's name as it is, a resident and the doors' own decision by a word. */
export function doer(user: string, t: Messages): string {
  if (user.startsWith("resident:")) return t.doers.resident;
  return user.startsWith("access:") ? t.doers.access : user;
}
