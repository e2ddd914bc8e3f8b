import type { LiveMessage } from "../api/types";
import { STALE_AFTER, backoff, type Hearing, liveAddress } from "./freshness";

export interface ConnectionOptions {
  /** Where to resume, null for a fresh snapshot. */
  after: () => number | null;
  onMessage: (message: LiveMessage) => void;
  onHearing: (hearing: Hearing) => void;
  /** Called when a connection could not be had, before the next try: is the session over? */
  onRefused: () => void;
  now?: () => number;
}

/** The gateway closes with a code from here on when the session has ended. */
const OUR_CODES = 4000;

/** One WebSocket at a time, tried again with growing pauses until `stop`. */
export class Connection {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private running = false;
  private hearing: Hearing = { connected: false, heardAt: null };
  private readonly now: () => number;

  constructor(private readonly options: ConnectionOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  start(): void {
    this.stop();
    this.running = true;
    const socket = new WebSocket(liveAddress(location, this.options.after()));
    this.socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
    };
    socket.onmessage = (event: MessageEvent<string>) => this.hear(event.data);
    socket.onclose = (event) => {
      if (this.socket === socket) this.lost(opened && event.code < OUR_CODES);
    };
    this.timer = setTimeout(() => this.watch(), STALE_AFTER);
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** Try at once: the computer woke up, or a person asked. */
  hurry(): void {
    if (!this.running || this.hearing.connected) return;
    this.attempt = 0;
    this.start();
  }

  private hear(text: string): void {
    this.attempt = 0;
    this.report({ connected: true, heardAt: this.now() });
    this.options.onMessage(JSON.parse(text) as LiveMessage);
  }

  /** A half-dead line is given up: the socket says nothing of it for minutes. */
  private watch(): void {
    const silentFor = this.now() - (this.hearing.heardAt ?? -Infinity);
    if (silentFor >= STALE_AFTER) {
      const socket = this.socket;
      this.lost(true);
      socket?.close();
      return;
    }
    this.timer = setTimeout(() => this.watch(), STALE_AFTER - silentFor + 50);
  }

  private lost(welcome: boolean): void {
    this.socket = null;
    clearTimeout(this.timer);
    this.report({ ...this.hearing, connected: false });
    if (!welcome) this.options.onRefused();
    this.timer = setTimeout(() => this.start(), backoff(this.attempt++, Math.random()));
  }

  private report(hearing: Hearing): void {
    this.hearing = hearing;
    this.options.onHearing(hearing);
  }
}
