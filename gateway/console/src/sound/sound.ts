import { ref, type Ref } from "vue";

import type { Alert } from "../api/types";
import type { PatternName } from "./patterns";
import { Player, type Speaker } from "./player";
import { NOTHING_HEARD, nextSound } from "./schedule";

export interface Sound {
  speaker: Ref<Speaker>;
  unblock: () => void;
  test: (name: PatternName) => void;
  /** Decide and play; called often, from a timer and from every message (a hidden tab's timers hardly run). */
  turn: (alerts: Iterable<Alert>, stale: boolean, called: boolean) => void;
}

export function createSound(): Sound {
  const speaker = ref<Speaker>("blocked");
  const player = new Player((state) => {
    speaker.value = state;
  });
  speaker.value = player.speaker;
  let heard = NOTHING_HEARD;
  return {
    speaker,
    unblock: () => void player.unblock(),
    test: (name) => void player.unblock().then(() => player.play(name)),
    turn: (alerts, stale, called) => {
      if (player.speaker !== "ready") return; // what is due stays due until it can be heard
      const turn = nextSound(heard, alerts, stale, performance.now(), called);
      heard = turn.heard;
      if (turn.play) player.play(turn.play);
    },
  };
}
