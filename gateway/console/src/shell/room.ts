import { computed, inject, shallowRef, watch, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from "vue";

import { type Desk, createDesk } from "../alerts/desk";
import { matterOf } from "../alerts/matter";
import { ApiError, Client, Unreachable } from "../api/client";
import { Gateway } from "../api/gateway";
import type { Alert, Compound } from "../api/types";
import { type Calls, createCalls } from "../calls/calls";
import { type Speech, createSpeech } from "../i18n/language";
import { GatewayClock } from "../live/clock";
import { type Live, createLive } from "../live/live";
import { type Sessions, createSessions } from "../session/session";
import { type Sound, createSound } from "../sound/sound";
import { type Moments, createMoments } from "./moments";
import { type Route, createRoute } from "./route";
import { type Theme, createTheme } from "./theme";
import { keepAwake } from "./wake";

/** A connection lost for less than this is seen only; then it is heard too. */
const HEARD_LOST_AFTER = 6_000;

export interface Room extends Speech, Moments {
  gateway: Gateway;
  sessions: Sessions;
  compound: ShallowRef<Compound | null>;
  live: Live;
  desk: Desk;
  calls: Calls;
  sound: Sound;
  route: Route;
  theme: Ref<Theme>;
  name: ComputedRef<string>;
  /** An alert's place and what is the matter there, in the language of the screen. */
  placeOf: (alert: Alert) => string;
  matterOf: (alert: Alert) => string;
  explain: (error: unknown) => string;
  start: () => void;
}

export const roomKey: InjectionKey<Room> = Symbol("room");

export function useRoom(): Room {
  const room = inject(roomKey);
  if (!room) throw new Error("used outside of the room");
  return room;
}

/** Ties the parts together; nothing runs before `start`. */
export function createRoom(): Room {
  const speech = createSpeech();
  const clock = new GatewayClock();
  const client = new Client({
    language: () => speech.language.value,
    onSignedOut: () => sessions.expire(),
    onDate: (date) => clock.guess(date),
  });
  const gateway = new Gateway(client);
  const route = createRoute();
  const sound = createSound();
  const compound = shallowRef<Compound | null>(null);
  const sessions = createSessions(gateway, () => live.reset());
  const check = (): void => void sessions.check().catch(() => undefined);
  const live: Live = createLive({ clock, onMessage: () => ring(), onRefused: check });
  const explain = (error: unknown): string => explainIn(speech, error);
  const desk = createDesk({ gateway, live, route, onDuty: () => sessions.onDuty.value, explain });
  const calls = createCalls({ gateway, live, sessions, explain });

  const placeOf = (alert: Alert): string => speech.pick(alert.place_name) || alert.place;
  const ring = (): void => {
    if (!sessions.onDuty.value) return;
    const lost = live.stale.value && (live.silentFor.value ?? Infinity) > HEARD_LOST_AFTER;
    sound.turn(live.picture.value.alerts.values(), lost, calls.ringing.value);
  };
  const learn = async (): Promise<void> => {
    compound.value = await gateway.compound();
    speech.suggest(compound.value.language);
  };
  let sleep: (() => void) | null = null;
  const follow = (standing: string): void => {
    if (standing === "in") {
      live.start();
      sleep ??= keepAwake();
      void learn().catch(() => undefined);
      return;
    }
    if (standing !== "out") return; // expired: what was on the screen goes on sounding behind the sign-in
    live.stop();
    live.reset();
    sleep?.();
    sleep = null;
  };
  return {
    ...speech,
    ...createMoments(speech, compound, live),
    gateway,
    sessions,
    compound,
    live,
    desk,
    calls,
    sound,
    route,
    theme: createTheme(),
    placeOf,
    matterOf: (alert) => matterOf(speech.pick(alert.reasons) || alert.reason, placeOf(alert)),
    name: computed(() => compound.value?.name ?? speech.t.value.product),
    explain,
    start: () => {
      watch(sessions.standing, follow);
      calls.start();
      check();
      void learn().catch(() => undefined);
      setInterval(ring, 500);
      retryCheck(sessions, check);
      wakeUp(live, sound);
    },
  };
}

function explainIn(speech: Speech, error: unknown): string {
  const words = speech.t.value.errors;
  if (error instanceof ApiError) return error.message || words.unknown(error.status);
  if (error instanceof Unreachable) return words.unreachable;
  return words.crashed;
}

/** The first question of all may find the gateway still starting. */
function retryCheck(sessions: Sessions, check: () => void): void {
  const timer = setInterval(() => {
    if (sessions.standing.value === "checking") check();
    else clearInterval(timer);
  }, 3_000);
}

/** The network is back or somebody touched the page: connect at once, and ask to be heard. */
function wakeUp(live: Live, sound: Sound): void {
  window.addEventListener("online", () => live.hurry());
  document.addEventListener("visibilitychange", () => live.hurry());
  const touched = (): void => {
    if (sound.speaker.value === "blocked") sound.unblock();
  };
  window.addEventListener("pointerdown", touched);
  window.addEventListener("keydown", touched);
}
