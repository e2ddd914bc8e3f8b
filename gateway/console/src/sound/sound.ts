import { ref, type Ref } from "vue";

import type { Alert } from "../api/types";
import type { PatternName } from "./patterns";
import { Player, type Speaker } from "./player";
import { EMPTY_HISTORY, nextSound } from "./schedule";

export interface Sound {
  speaker: Ref<Speaker>;
  unblock: () => void;
  test: (name: PatternName) => void;
  /** Play what is due. Called from a timer and for every message, because a hidden tab's timers hardly run. */
  update: (alerts: Iterable<Alert>, stale: boolean, ringing: boolean) => void;
}

export function createSound(): Sound {
  const speaker = ref<Speaker>("blocked");
  const player = new Player((state) => {
    speaker.value = state;
  });
  speaker.value = player.speaker;
  let history = EMPTY_HISTORY;
  return {
    speaker,
    unblock: () => void player.unblock(),
    test: (name) => void player.unblock().then(() => player.play(name)),
    update: (alerts, stale, ringing) => {
      if (player.speaker !== "ready") return; // what is due stays due until sound is allowed
      const next = nextSound(history, alerts, stale, performance.now(), ringing);
      history = next.history;
      if (next.play) player.play(next.play);
    },
  };
}
