import { here } from "../api/base";

/** How often a page says that it is open, in milliseconds. */
const EVERY = 10_000;

export interface PresenceReport {
  page: string;
  visible: boolean;
  sound: "ok" | "blocked";
  stale: boolean;
  idle_s: number;
}

export interface Presence {
  /** Called often, from a timer and for every message: a hidden tab's timers hardly run. */
  tick: () => void;
  start: () => void;
}

export interface PresenceOptions {
  report: (report: PresenceReport) => Promise<void>;
  onDuty: () => boolean;
  sounds: () => boolean;
  stale: () => boolean;
  now?: () => number;
}

/** Tells the gateway that this page is open, can sound, and when somebody touched it. */
export function createPresence({ report, onDuty, sounds, stale, now = () => performance.now() }: PresenceOptions): Presence {
  // Not crypto.randomUUID(): a page without HTTPS has none, and the guard room may be on plain HTTP.
  const page = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  let touched = now();
  let sent = -EVERY;
  const tick = (): void => {
    if (!onDuty() || now() - sent < EVERY) return;
    sent = now();
    const said: PresenceReport = {
      page,
      visible: document.visibilityState === "visible",
      sound: sounds() ? "ok" : "blocked",
      stale: stale(),
      idle_s: Math.min(86_400, Math.max(0, (now() - touched) / 1_000)),
    };
    report(said).catch(() => undefined); // the next one comes in ten seconds
  };
  const leave = (): void => {
    if (!onDuty()) return;
    const body = new Blob([JSON.stringify({ page, gone: true })], { type: "application/json" });
    navigator.sendBeacon(here("/api/v1/desk/presence"), body);
  };
  const touch = (): void => {
    touched = now();
  };
  return {
    tick,
    start: () => {
      for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) window.addEventListener(kind, touch, { passive: true, capture: true });
      window.addEventListener("pagehide", leave);
    },
  };
}
