import { here } from "../api/base";

/** Sent before the first segment, and again when the camera changes its format. */
export interface Opening {
  codec: string;
  width: number;
  height: number;
}

export interface FeedError {
  code: string;
  message: string;
}

/** The gateway always receives the sub stream; the larger main stream only while somebody views it. */
export type Stream = "sub" | "main";

export interface FeedOptions {
  onOpening: (opening: Opening) => void;
  onData: (data: ArrayBuffer) => void;
  /** There is no picture (any more). `error` is null when the connection was lost. The feed reconnects by itself. */
  onLost: (error: FeedError | null) => void;
  connect?: (url: string) => WebSocket;
}

export interface Feed {
  close: () => void;
  /** Reconnect at once. */
  restart: () => void;
}

/** A camera that sends nothing for this long (ms) has stalled, or the connection is dead. */
const SILENCE_TIMEOUT = 12_000;
const FIRST_WAIT = 1_000;
const MAX_WAIT = 10_000;

export const liveUrl = (camera: string, stream: Stream): string => {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}${here(`/api/v1/cameras/${encodeURIComponent(camera)}/live`)}?stream=${stream}`;
};

/** Receives a camera's video over a WebSocket, and reconnects whenever it is lost. */
export function openFeed(url: string, options: FeedOptions): Feed {
  let socket: WebSocket | null = null;
  let wait = FIRST_WAIT;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;

  const restartSilenceTimer = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => fail(null), SILENCE_TIMEOUT);
  };
  const disconnect = (): void => {
    clearTimeout(retry);
    clearTimeout(silence);
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
    socket = null;
  };
  const fail = (error: FeedError | null): void => {
    disconnect();
    retry = setTimeout(open, wait);
    wait = Math.min(2 * wait, MAX_WAIT);
    options.onLost(error);
  };
  const open = (): void => {
    socket = (options.connect ?? ((to) => new WebSocket(to)))(url);
    socket.binaryType = "arraybuffer";
    restartSilenceTimer();
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      restartSilenceTimer();
      if (typeof data !== "string") return options.onData(data);
      const message = JSON.parse(data) as Opening | { error: FeedError };
      if ("error" in message) return fail(message.error);
      wait = FIRST_WAIT;
      options.onOpening(message);
    };
    socket.onclose = () => fail(null);
  };
  open();
  return {
    close: disconnect,
    restart: () => {
      disconnect();
      open();
    },
  };
}
