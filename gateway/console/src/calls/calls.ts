import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import type { Gateway } from "../api/gateway";
import type { IntercomCall } from "../api/types";
import { waitForAnswer } from "../devices/answers";
import type { Live } from "../live/live";
import type { Sessions } from "../session/session";
import { canOpen, inOrder, isMine, isRinging } from "./callState";
import { CallAudio } from "./callAudio";

/** Signals tell of changes; while there are calls, the list is polled as well. Milliseconds. */
const POLL_INTERVAL = 3_000;

export type CallAction = "answer" | "hang_up" | "open";

/** The command that the guard gave last, and its outcome. */
export interface CallCommand {
  call: string;
  action: CallAction;
  outcome: "sending" | "done" | "failed";
  /** the gateway's text */
  why: unknown;
}

export interface Calls {
  /** the one to act on first */
  list: ShallowRef<readonly IntercomCall[]>;
  /** a station rings and nobody is answering it */
  ringing: ComputedRef<boolean>;
  audio: CallAudio;
  command: Ref<CallCommand | null>;
  /** when `list` was read (performance.now) */
  readAt: Ref<number>;
  mine: (call: IntercomCall) => boolean;
  /** Somebody else has a call: the guard room has one line. */
  taken: ComputedRef<boolean>;
  /** Ends a call of mine first. */
  answer: (call: IntercomCall) => Promise<void>;
  hangUp: (call: IntercomCall) => Promise<void>;
  open: (call: IntercomCall) => Promise<void>;
  /** Carry the audio of my call on this page. */
  talkHere: (call: IntercomCall) => void;
  /** Handle a key; true when it did something. */
  onKey: (key: "talk" | "open-door" | "hang-up") => boolean;
  start: () => void;
}

export interface CallsOptions {
  gateway: Gateway;
  live: Live;
  sessions: Sessions;
  explain: (error: unknown) => string;
}

/** The calls of door stations: which there are, and what the guard does with them. */
export function createCalls({ gateway, live, sessions, explain }: CallsOptions): Calls {
  const list = shallowRef<readonly IntercomCall[]>([]);
  const readAt = ref(performance.now());
  const command = ref<CallCommand | null>(null);
  const audio = new CallAudio();
  const user = (): string => sessions.session.value?.user ?? "";
  const mine = (call: IntercomCall): boolean => isMine(call, user());

  const update = (items: IntercomCall[]): void => {
    list.value = inOrder(items, user());
    readAt.value = performance.now();
    const answered = items.find((call) => call.state === "answered" && mine(call));
    if (audio.call.value !== null && answered?.id !== audio.call.value) audio.leave();
    // Answered or called from this page: the audio starts by itself. In another window: by its button.
    if (answered && (answering === answered.id || (!answered.incoming && answered.talker === null))) audio.join(answered.id);
    if (command.value && !items.some((call) => call.id === command.value?.call)) command.value = null;
    if (answering !== null && !items.some((call) => call.id === answering)) {
      answering = null;
      audio.leave();
    }
  };
  /** the call that this page is answering or has answered */
  let answering: string | null = null;
  let reading = false;
  let readAgain = false;
  const read = async (): Promise<void> => {
    if (!sessions.onDuty.value || sessions.status.value !== "in") return update([]);
    if (reading) {
      readAgain = true; // the answer under way may be older than the change that asks for this one
      return;
    }
    reading = true;
    do {
      readAgain = false;
      await gateway.calls().then(
        (page) => update(page.items),
        () => undefined, // the banner shows that the connection is lost; the next poll follows
      );
    } while (readAgain);
    reading = false;
  };

  const send = async (
    call: IntercomCall,
    action: CallAction,
    target: { device: string; action: string; inCall: boolean },
  ): Promise<boolean> => {
    if (command.value?.call === call.id && command.value.action === action && command.value.outcome === "sending") return false;
    const sent: CallCommand = { call: call.id, action, outcome: "sending", why: "" };
    command.value = sent;
    const settle = (outcome: CallCommand["outcome"], why: unknown = ""): void => {
      // Another command may have been given meanwhile.
      if (command.value?.call === sent.call && command.value.action === action) command.value = { ...sent, outcome, why };
    };
    try {
      const { id } = await gateway.command(target.device, target.action, target.inCall ? { call: call.id } : {});
      const signal = await waitForAnswer(live, target.device, id);
      if (signal === null) settle("failed");
      else settle(signal.kind === "command.done" ? "done" : "failed", signal.data["why"]);
      void read();
      return signal?.kind === "command.done";
    } catch (error) {
      settle("failed", explain(error));
      return false;
    }
  };
  const answer = (call: IntercomCall): Promise<boolean> =>
    send(call, "answer", { device: call.station, action: "answer", inCall: true });
  const hangUp = (call: IntercomCall): Promise<boolean> =>
    send(call, "hang_up", { device: call.station, action: "hang_up", inCall: true });
  const calls: Calls = {
    list,
    readAt,
    command,
    audio,
    ringing: computed(() => list.value.some(isRinging)),
    mine,
    taken: computed(() => list.value.some((call) => call.on !== "" && !mine(call))),
    answer: async (call) => {
      const open = list.value.find((other) => other.on !== "" && mine(other));
      if (open && !(await hangUp(open))) return;
      audio.prepare();
      answering = call.id;
      if (!(await answer(call)) && audio.call.value === null) {
        answering = null;
        audio.leave();
      }
    },
    hangUp: async (call) => void (await hangUp(call)),
    open: async (call) => {
      const { unlock } = call;
      if (unlock && canOpen(call)) await send(call, "open", { device: unlock.device, action: unlock.action, inCall: unlock.in_call });
    },
    talkHere: (call) => {
      answering = call.id;
      audio.join(call.id);
    },
    onKey: (key) => {
      const call = list.value[0];
      if (!call || !sessions.onDuty.value) return false;
      if (key === "talk" && isRinging(call) && !calls.taken.value) void calls.answer(call);
      else if (key === "hang-up" && (mine(call) || isRinging(call))) void calls.hangUp(call);
      else if (key === "open-door" && canOpen(call)) void calls.open(call);
      else return false;
      return true;
    },
    start: () => {
      const newest = computed(() => live.state.value.signals.find((signal) => signal.kind.startsWith("call."))?.id);
      watch([newest, live.stale, sessions.status], () => void read());
      setInterval(() => {
        if (list.value.length > 0) void read();
      }, POLL_INTERVAL);
      void read();
    },
  };
  return calls;
}
