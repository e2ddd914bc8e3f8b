import { here } from "../api/base";

/** What the gateway says before the picture, and again when the camera changes. */
export interface Opening {
  codec: string;
  width: number;
  height: number;
}

export interface FeedError {
  code: string;
  message: string;
}

/** The sub stream is watched all the time; the main stream is the larger one, received for who looks at it. */
export type Stream = "sub" | "main";

export interface FeedOptions {
  onOpening: (opening: Opening) => void;
  onData: (data: ArrayBuffer) => void;
  /** No picture (any more); `error` is the gateway's word, null when the line itself is gone. It tries again. */
  onLost: (error: FeedError | null) => void;
  connect?: (url: string) => WebSocket;
}

export interface Feed {
  close: () => void;
  /** Begin anew at once. */
  again: () => void;
}

/** A camera that sends nothing for so long has stalled, or the line is dead. */
const SILENCE = 12_000;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 10_000;

export const liveUrl = (camera: string, stream: Stream): string => {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}${here(`/api/v1/cameras/${encodeURIComponent(camera)}/live`)}?stream=${stream}`;
};

/** A camera's packets over a WebSocket, connected again whenever it is lost. */
export function openFeed(url: string, options: FeedOptions): Feed {
  let socket: WebSocket | null = null;
  let wait = FIRST_WAIT;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;

  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => lose(null), SILENCE);
  };
  const drop = (): void => {
    clearTimeout(retry);
    clearTimeout(silence);
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
    socket = null;
  };
  const lose = (error: FeedError | null): void => {
    drop();
    retry = setTimeout(open, wait);
    wait = Math.min(2 * wait, LONGEST_WAIT);
    options.onLost(error);
  };
  const open = (): void => {
    socket = (options.connect ?? ((to) => new WebSocket(to)))(url);
    socket.binaryType = "arraybuffer";
    heard();
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      heard();
      if (typeof data !== "string") return options.onData(data);
      const said = JSON.parse(data) as Opening | { error: FeedError };
      if ("error" in said) return lose(said.error);
      wait = FIRST_WAIT;
      options.onOpening(said);
    };
    socket.onclose = () => lose(null);
  };
  open();
  return {
    close: drop,
    again: () => {
      drop();
      open();
    },
  };
}
