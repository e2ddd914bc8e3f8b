import { type Ref, onMounted, onUnmounted, ref } from "vue";

import { type Feed, type Stream, liveUrl, openFeed } from "./feed";
import { Screen, canPlay, canPlayLive } from "./screen";

/** `still`: the picture stands, so it may not pass for live. `unplayable`: this browser can't. `absent`: there is no
 * such stream. */
export type Sight = "connecting" | "live" | "still" | "lost" | "unplayable" | "absent";

export interface Watching {
  sight: Ref<Sight>;
  /** why there is no picture, in the gateway's words */
  why: Ref<string | null>;
  /** what this browser can't play; null: it can't play live pictures at all */
  codec: Ref<string | null>;
}

/** What the gateway says of a camera that has no main stream. */
const NONE = "no_main";
const LOOK_EVERY = 500;
const STILL_AFTER = 3_000;
const ANEW_AFTER = 8_000;
/** A page nobody looks at stops asking for pictures after this. */
const UNSEEN = 30_000;

/** Watch a camera in a video element while the component is there. */
export function useWatching(camera: string, video: Ref<HTMLVideoElement | null>, stream: Stream = "sub"): Watching {
  const sight = ref<Sight>("connecting");
  const why = ref<string | null>(null);
  const codec = ref<string | null>(null);
  let feed: Feed | null = null;
  let screen: Screen | null = null;
  let advanced = { to: 0, at: 0 };

  const clear = (): void => {
    screen?.close();
    screen = null;
  };
  const stop = (): void => {
    feed?.close();
    feed = null;
    clear();
  };
  const anew = (): void => {
    clear();
    feed?.again();
  };
  const show = (wanted: string): void => {
    clear();
    codec.value = wanted;
    if (!canPlay(wanted)) {
      stop();
      sight.value = "unplayable";
    } else if (video.value) {
      screen = new Screen(video.value, wanted, anew);
      advanced = { to: 0, at: performance.now() };
    }
  };
  const start = (): void => {
    if (!canPlayLive()) {
      sight.value = "unplayable";
      return;
    }
    sight.value = "connecting";
    feed = openFeed(liveUrl(camera, stream), {
      onOpening: (opening) => show(opening.codec),
      onData: (data) => screen?.push(data),
      onLost: (error) => {
        const absent = error?.code === NONE;
        if (absent) stop();
        else clear();
        why.value = error?.message ?? null;
        sight.value = absent ? "absent" : "lost";
      },
    });
  };
  const look = (): void => {
    if (!screen || !video.value) return;
    screen.keepUp();
    const now = performance.now();
    if (video.value.currentTime !== advanced.to && video.value.readyState >= 2) {
      advanced = { to: video.value.currentTime, at: now };
      sight.value = "live";
    } else if (now - advanced.at > ANEW_AFTER) {
      advanced.at = now;
      anew();
    } else if (sight.value === "live" && now - advanced.at > STILL_AFTER) sight.value = "still";
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const turn = (): void => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(stop, UNSEEN);
    else if (!feed && sight.value !== "unplayable" && sight.value !== "absent") start();
  };
  onMounted(() => {
    start();
    timer = setInterval(look, LOOK_EVERY);
    document.addEventListener("visibilitychange", turn);
  });
  onUnmounted(() => {
    clearInterval(timer);
    clearTimeout(leaving);
    document.removeEventListener("visibilitychange", turn);
    stop();
  });
  return { sight, why, codec };
}
