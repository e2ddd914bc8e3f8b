import { ref, watch, type Ref } from "vue";

import type { Ring } from "../alerts/ringing";
import type { Severity } from "../api/types";
import { readSetting, writeSetting } from "../shell/browserStorage";
import type { PatternName } from "./patterns";
import { Player, type Speaker } from "./player";
import { EMPTY_HISTORY, MUTABLE, isMuted, nextSound } from "./schedule";

export interface Sound {
  speaker: Ref<Speaker>;
  /** severities that a guard has muted in this browser; critical and high ones never are */
  muted: Ref<readonly Severity[]>;
  unblock: () => void;
  test: (name: PatternName) => void;
  /** Play what is due. Called from a timer and for messages, because a hidden tab's timers hardly run. */
  update: (rings: readonly Ring[], stale: boolean, ringing: boolean, notices: number) => void;
}

/** By the level of what rings: how much louder it is. */
const VOLUME = [1, 1.4, 1.8] as const;

export function createSound(): Sound {
  const speaker = ref<Speaker>("blocked");
  const stored = (readSetting("muted") ?? "").split(" ");
  const muted = ref<readonly Severity[]>(MUTABLE.filter((severity) => stored.includes(severity)));
  watch(muted, (now) => writeSetting("muted", now.join(" ")));
  const player = new Player((state) => {
    speaker.value = state;
  });
  speaker.value = player.speaker;
  let history = EMPTY_HISTORY;
  return {
    speaker,
    muted,
    unblock: () => void player.unblock(),
    test: (name) => void player.unblock().then(() => player.play(name)),
    update: (rings, stale, ringing, notices) => {
      if (player.speaker !== "ready") return; // what is due stays due until sound is allowed
      const heard = rings.filter((ring) => !isMuted(ring, muted.value));
      const next = nextSound(history, heard, stale, performance.now(), ringing, notices);
      history = next.history;
      if (next.play) player.play(next.play, VOLUME[next.level]);
    },
  };
}
