import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import type { Gateway } from "../api/gateway";
import type { IntercomCall } from "../api/types";
import { answerTo } from "../devices/command";
import type { Live } from "../live/live";
import type { Sessions } from "../session/session";
import { canOpen, inOrder, isMine, isRinging } from "./choose";
import { Talk } from "./talk";

/** Calls are told by signals; while there are any they are asked for as well. */
const LOOK_EVERY = 3_000;
const UNANSWERED_AFTER = 15_000;

export type Deed = "answer" | "hang_up" | "open";

/** What the guard ordered last, and what became of it. */
export interface Order {
  call: string;
  deed: Deed;
  outcome: "sending" | "done" | "failed";
  /** in the gateway's words */
  why: unknown;
}

export interface Calls {
  /** the one to act on first */
  list: ShallowRef<readonly IntercomCall[]>;
  /** a station rings and nobody is answering it */
  ringing: ComputedRef<boolean>;
  talk: Talk;
  order: Ref<Order | null>;
  /** since when (performance.now) `list` holds */
  at: Ref<number>;
  mine: (call: IntercomCall) => boolean;
  /** Somebody else has the line: the guard room has one. */
  taken: ComputedRef<boolean>;
  /** Ends a call of mine first. */
  answer: (call: IntercomCall) => Promise<void>;
  hangUp: (call: IntercomCall) => Promise<void>;
  open: (call: IntercomCall) => Promise<void>;
  /** The sound of my call, on this page. */
  talkHere: (call: IntercomCall) => void;
  /** A key; true when it meant something. */
  wish: (wish: "talk" | "open-door" | "hang-up") => boolean;
  start: () => void;
}

export interface CallsOptions {
  gateway: Gateway;
  live: Live;
  sessions: Sessions;
  explain: (error: unknown) => string;
}

export function createCalls({ gateway, live, sessions, explain }: CallsOptions): Calls {
  const list = shallowRef<readonly IntercomCall[]>([]);
  const at = ref(performance.now());
  const order = ref<Order | null>(null);
  const talk = new Talk();
  const user = (): string => sessions.session.value?.user ?? "";
  const mine = (call: IntercomCall): boolean => isMine(call, user());

  const take = (items: IntercomCall[]): void => {
    list.value = inOrder(items, user());
    at.value = performance.now();
    const answered = items.find((call) => call.state === "answered" && mine(call));
    if (talk.call.value !== null && answered?.id !== talk.call.value) talk.leave();
    // Answered here, or called from this page: the sound comes by itself. In another window: by its button.
    if (answered && (wanted === answered.id || (!answered.incoming && answered.talker === null))) talk.join(answered.id);
    if (order.value && !items.some((call) => call.id === order.value?.call)) order.value = null;
    if (wanted !== null && !items.some((call) => call.id === wanted)) {
      wanted = null;
      talk.leave();
    }
  };
  let wanted: string | null = null;
  let looking = false;
  let again = false;
  const look = async (): Promise<void> => {
    if (!sessions.onDuty.value || sessions.standing.value !== "in") return take([]);
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    do {
      again = false;
      await gateway.calls().then(
        (page) => take(page.items),
        () => undefined, // the banner says that the line is lost; the next look follows
      );
    } while (again);
    looking = false;
  };

  const command = async (call: IntercomCall, deed: Deed, device: string, action: string, named: boolean): Promise<boolean> => {
    if (order.value?.call === call.id && order.value.deed === deed && order.value.outcome === "sending") return false;
    const mineNow: Order = { call: call.id, deed, outcome: "sending", why: "" };
    order.value = mineNow;
    const settle = (outcome: Order["outcome"], why: unknown = ""): void => {
      if (order.value?.call === mineNow.call && order.value.deed === deed) order.value = { ...mineNow, outcome, why };
    };
    try {
      const { id } = await gateway.command(device, action, named ? { call: call.id } : {});
      const signal = await answered(live, device, id);
      if (signal === null) settle("failed");
      else settle(signal.kind === "command.done" ? "done" : "failed", signal.data["why"]);
      void look();
      return signal?.kind === "command.done";
    } catch (error) {
      settle("failed", explain(error));
      return false;
    }
  };
  const calls: Calls = {
    list,
    at,
    order,
    talk,
    ringing: computed(() => list.value.some(isRinging)),
    mine,
    taken: computed(() => list.value.some((call) => call.on !== "" && !mine(call))),
    answer: async (call) => {
      const open = list.value.find((other) => other.on !== "" && mine(other));
      if (open && !(await command(open, "hang_up", open.station, "hang_up", true))) return;
      talk.prepare();
      wanted = call.id;
      if (!(await command(call, "answer", call.station, "answer", true)) && talk.call.value === null) {
        wanted = null;
        talk.leave();
      }
    },
    hangUp: async (call) => void (await command(call, "hang_up", call.station, "hang_up", true)),
    open: async (call) => {
      const { unlock } = call;
      if (unlock && canOpen(call)) await command(call, "open", unlock.device, unlock.action, unlock.in_call);
    },
    talkHere: (call) => {
      wanted = call.id;
      talk.join(call.id);
    },
    wish: (wish) => {
      const call = list.value[0];
      if (!call || !sessions.onDuty.value) return false;
      if (wish === "talk" && isRinging(call) && !calls.taken.value) void calls.answer(call);
      else if (wish === "hang-up" && (mine(call) || isRinging(call))) void calls.hangUp(call);
      else if (wish === "open-door" && canOpen(call)) void calls.open(call);
      else return false;
      return true;
    },
    start: () => {
      const news = computed(() => live.picture.value.signals.find((signal) => signal.kind.startsWith("call."))?.id);
      watch([news, live.stale, sessions.standing], () => void look());
      setInterval(() => {
        if (list.value.length > 0) void look();
      }, LOOK_EVERY);
      void look();
    },
  };
  return calls;
}

/** What became of a command, or null when nothing was heard of it in time. */
function answered(live: Live, device: string, command: string): Promise<ReturnType<typeof answerTo>> {
  return new Promise((resolve) => {
    const end = (signal: ReturnType<typeof answerTo>): void => {
      clearTimeout(late);
      stop();
      resolve(signal);
    };
    const late = setTimeout(() => end(null), UNANSWERED_AFTER);
    const stop = watch(
      () => answerTo(live.picture.value.signals, device, command),
      (signal) => {
        if (signal) queueMicrotask(() => end(signal));
      },
      { immediate: true },
    );
  });
}
