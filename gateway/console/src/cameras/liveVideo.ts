import { type Ref, onMounted, onUnmounted, ref } from "vue";

import { type Feed, type Stream, liveUrl, openFeed } from "./feed";
import { LivePlayer, canPlay, canPlayLive } from "./player";

/** `still`: the picture has stopped and must not pass for live. `unplayable`: not in this browser. `absent`: the camera
 * has no such stream. */
export type VideoStatus = "connecting" | "live" | "still" | "lost" | "unplayable" | "absent";

export interface LiveVideoState {
  status: Ref<VideoStatus>;
  /** the gateway's text that says why there is no picture */
  why: Ref<string | null>;
  /** the codec of the stream; null while it is not known */
  codec: Ref<string | null>;
}

/** The gateway's error code for a camera that has no main stream. */
const NO_MAIN_STREAM = "no_main";
const POLL_INTERVAL = 500;
const STILL_AFTER = 3_000;
const RESTART_AFTER = 8_000;
/** A hidden page stops receiving video after this time (ms). */
const HIDDEN_TIMEOUT = 30_000;

/** Plays a camera in a video element while the component is mounted. */
export function useLiveVideo(camera: string, video: Ref<HTMLVideoElement | null>, stream: Stream = "sub"): LiveVideoState {
  const status = ref<VideoStatus>("connecting");
  const why = ref<string | null>(null);
  const codec = ref<string | null>(null);
  let feed: Feed | null = null;
  let player: LivePlayer | null = null;
  /** the last position that playback reached, and when */
  let advanced = { to: 0, at: 0 };

  const clear = (): void => {
    player?.close();
    player = null;
  };
  const stop = (): void => {
    feed?.close();
    feed = null;
    clear();
  };
  const restart = (): void => {
    clear();
    feed?.restart();
  };
  const show = (name: string): void => {
    clear();
    codec.value = name;
    if (!canPlay(name)) {
      stop();
      status.value = "unplayable";
    } else if (video.value) {
      player = new LivePlayer(video.value, name, restart);
      advanced = { to: 0, at: performance.now() };
    }
  };
  const start = (): void => {
    if (!canPlayLive()) {
      status.value = "unplayable";
      return;
    }
    status.value = "connecting";
    feed = openFeed(liveUrl(camera, stream), {
      onOpening: (opening) => show(opening.codec),
      onData: (data) => player?.push(data),
      onLost: (error) => {
        const absent = error?.code === NO_MAIN_STREAM;
        if (absent) stop();
        else clear();
        why.value = error?.message ?? null;
        status.value = absent ? "absent" : "lost";
      },
    });
  };
  const check = (): void => {
    if (!player || !video.value) return;
    player.keepUp();
    const now = performance.now();
    if (video.value.currentTime !== advanced.to && video.value.readyState >= 2) {
      advanced = { to: video.value.currentTime, at: now };
      status.value = "live";
    } else if (now - advanced.at > RESTART_AFTER) {
      advanced.at = now;
      restart();
    } else if (status.value === "live" && now - advanced.at > STILL_AFTER) status.value = "still";
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  const onVisibility = (): void => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(stop, HIDDEN_TIMEOUT);
    else if (!feed && status.value !== "unplayable" && status.value !== "absent") start();
  };
  onMounted(() => {
    start();
    timer = setInterval(check, POLL_INTERVAL);
    document.addEventListener("visibilitychange", onVisibility);
  });
  onUnmounted(() => {
    clearInterval(timer);
    clearTimeout(hiding);
    document.removeEventListener("visibilitychange", onVisibility);
    stop();
  });
  return { status, why, codec };
}
