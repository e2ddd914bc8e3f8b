import type { Messages } from "../i18n/zh";

const COMMAND = "command:";

/** What a row of the audit chain is called: a step on an alert or incident, a view, a command. Never its raw name. */
export function stepWord(action: string, t: Messages): string {
  const { actions, other } = t.audit;
  if (action.startsWith(COMMAND)) {
    const name = action.slice(COMMAND.length);
    return Object.hasOwn(t.actions, name) ? `${actions["command"]} · ${t.actions[name]}` : (actions["command"] as string);
  }
  return Object.hasOwn(actions, action) ? (actions[action] as string) : other;
}
