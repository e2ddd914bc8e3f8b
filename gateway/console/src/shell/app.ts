import { computed, inject, shallowRef, watch, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from "vue";

import { type Desk, createDesk } from "../alerts/desk";
import { reasonWithoutPlace } from "../alerts/reason";
import { ringsOf } from "../alerts/ringing";
import { ApiError, Client, Unreachable } from "../api/client";
import { Gateway } from "../api/gateway";
import type { Compound } from "../api/types";
import { type Calls, createCalls } from "../calls/calls";
import { type Evidence, createEvidence } from "../cameras/evidence";
import { type Facts, createFacts } from "../devices/facts";
import { type I18n, createI18n } from "../i18n/language";
import { GatewayClock } from "../live/clock";
import { type Live, createLive } from "../live/live";
import { createPresence } from "../presence/presence";
import { type Sessions, createSessions } from "../session/session";
import { type Silences, createSilences } from "../silences/silences";
import { type Sound, createSound } from "../sound/sound";
import type { Described } from "./described";
import { type TimeFormats, createTimeFormats } from "./times";
import { navigation } from "./navigation";
import { type Route, SPOT, createRoute } from "./route";
import { type Theme, createTheme } from "./theme";
import { keepAwake } from "./wakeLock";

/** A storm of messages is looked through for sounds this often (ms). */
const SOUND_INTERVAL = 200;
/** A lost connection is shown at once, and sounds after this many milliseconds. */
const LOST_SOUND_AFTER = 6_000;

export interface AppContext extends I18n, TimeFormats {
  gateway: Gateway;
  sessions: Sessions;
  compound: ShallowRef<Compound | null>;
  live: Live;
  desk: Desk;
  calls: Calls;
  silences: Silences;
  facts: Facts;
  evidence: Evidence;
  sound: Sound;
  route: Route;
  theme: Ref<Theme>;
  name: ComputedRef<string>;
  /** The place of an alert or incident, and its reason without the place, in the language of the screen. */
  placeOf: (alert: Described) => string;
  reasonOf: (alert: Described) => string;
  explain: (error: unknown) => string;
  start: () => void;
}

export const appKey: InjectionKey<AppContext> = Symbol("app");

/** The app's context, in any component. */
export function useApp(): AppContext {
  const app = inject(appKey);
  if (!app) throw new Error("useApp() must be called inside the app");
  return app;
}

/** Creates everything that components share; nothing runs before `start`. */
export function createAppContext(): AppContext {
  const i18n = createI18n();
  const clock = new GatewayClock();
  const client = new Client({
    language: () => i18n.language.value,
    onSignedOut: () => sessions.expire(),
    onDate: (date) => clock.guess(date),
  });
  const gateway = new Gateway(client);
  const route = createRoute();
  const sound = createSound();
  const compound = shallowRef<Compound | null>(null);
  const sessions = createSessions(gateway, () => live.reset());
  const check = (): void => void sessions.check().catch(() => undefined);
  const live: Live = createLive({ clock, onMessage: () => updateSound(), onRefused: check });
  const explain = (error: unknown): string => explainIn(i18n, error);
  const desk = createDesk({ gateway, live, route, onDuty: () => sessions.onDuty.value, explain });
  const silences = createSilences({ gateway, live, onDuty: () => sessions.onDuty.value, explain });
  const calls = createCalls({ gateway, live, sessions, explain });

  const facts = createFacts({ gateway, live, sessions });
  const evidence = createEvidence(gateway, explain);

  const placeOf = (alert: Described): string => i18n.pick(alert.place_name) || alert.place;
  const presence = createPresence({
    report: gateway.reportPresence,
    onDuty: () => sessions.onDuty.value && sessions.status.value === "in",
    sounds: () => sound.speaker.value === "ready",
    stale: () => live.stale.value,
  });
  let soundedAt = -Infinity;
  const updateSound = (): void => {
    // The second screen is silent: the desk beside it sounds, and is where alerts are acknowledged.
    if (!sessions.onDuty.value || route.current.value.view === SPOT || performance.now() - soundedAt < SOUND_INTERVAL) return;
    soundedAt = performance.now();
    presence.tick();
    const lost = live.stale.value && (live.silentFor.value ?? Infinity) > LOST_SOUND_AFTER;
    const rings = ringsOf(live.state.value.incidents.values(), live.now.value, sessions.session.value?.user ?? null);
    sound.update(rings, lost, calls.ringing.value, silences.notices.value);
  };
  const readCompound = async (): Promise<void> => {
    compound.value = await gateway.compound();
    i18n.suggest(compound.value.language);
  };
  let releaseWakeLock: (() => void) | null = null;
  const follow = (status: string): void => {
    if (status === "in") {
      if (sessions.seesAlarms.value) {
        live.start();
        releaseWakeLock ??= keepAwake();
      } else {
        live.startClock();
      }
      const views = navigation(sessions.session.value?.role);
      if (!views.includes(route.current.value.view) && views[0]) route.replace(views[0], null);
      void readCompound().catch(() => undefined);
      return;
    }
    if (status !== "out") return; // expired: alerts on the screen keep sounding behind the sign-in
    live.stop();
    live.reset();
    releaseWakeLock?.();
    releaseWakeLock = null;
  };
  return {
    ...i18n,
    ...createTimeFormats(i18n, compound, live),
    gateway,
    sessions,
    compound,
    live,
    desk,
    calls,
    silences,
    facts,
    evidence,
    sound,
    route,
    theme: createTheme(),
    placeOf,
    reasonOf: (alert) => reasonWithoutPlace(i18n.pick(alert.reasons) || alert.reason, placeOf(alert)),
    name: computed(() => compound.value?.name ?? i18n.t.value.product),
    explain,
    start: () => {
      watch(sessions.status, follow);
      calls.start();
      presence.start();
      facts.start();
      check();
      void readCompound().catch(() => undefined);
      setInterval(updateSound, 500);
      retryCheck(sessions, check);
      watchActivity(live, sound);
    },
  };
}

function explainIn(i18n: I18n, error: unknown): string {
  const texts = i18n.t.value.errors;
  if (error instanceof ApiError) return error.message || texts.unknown(error.status);
  if (error instanceof Unreachable) return texts.unreachable;
  return texts.crashed;
}

/** Repeats the first check of the session while the gateway is still starting. */
function retryCheck(sessions: Sessions, check: () => void): void {
  const timer = setInterval(() => {
    if (sessions.status.value === "checking") check();
    else clearInterval(timer);
  }, 3_000);
}

/** Reconnects at once when the network or the page comes back, and enables sound at the first click or key. */
function watchActivity(live: Live, sound: Sound): void {
  window.addEventListener("online", () => live.reconnectNow());
  document.addEventListener("visibilitychange", () => live.reconnectNow());
  const onInput = (): void => {
    if (sound.speaker.value === "blocked") sound.unblock();
  };
  // Not at pointerdown: the banner would vanish under the finger, and what moves up would lose the click.
  window.addEventListener("click", onInput, { capture: true });
  window.addEventListener("keydown", onInput);
}
