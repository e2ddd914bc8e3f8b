import type { Alert } from "../api/types";

const KINDS = new Set(["report.made", "help.called"]);

/** Whether somebody at a door plate reported it, who may be answered. */
export const reporterOf = (alert: Pick<Alert, "signals" | "on_record" | "drill">): boolean =>
  alert.on_record && !alert.drill && alert.signals.some((signal) => KINDS.has(signal.kind));
