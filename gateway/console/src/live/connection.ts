import type { LiveMessage } from "../api/types";
import { STALE_AFTER, backoff, type ConnectionStatus, liveAddress } from "./freshness";

export interface ConnectionOptions {
  /** Where to resume, null for a fresh snapshot. */
  after: () => number | null;
  onMessage: (message: LiveMessage) => void;
  onStatus: (status: ConnectionStatus) => void;
  /** Called when a connection was refused, before the next attempt: the session may have ended. */
  onRefused: () => void;
  now?: () => number;
}

/** The gateway closes with a code from here on when the session has ended. */
const APPLICATION_CODES = 4000;

/** The live WebSocket: one at a time, reconnected with growing pauses until `stop`. */
export class Connection {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private running = false;
  private status: ConnectionStatus = { connected: false, lastMessageAt: null };
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
    socket.onmessage = (event: MessageEvent<string>) => this.receive(event.data);
    socket.onclose = (event) => {
      if (this.socket === socket) this.closed(opened && event.code < APPLICATION_CODES);
    };
    this.timer = setTimeout(() => this.checkSilence(), STALE_AFTER);
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** Reconnect at once: the computer woke up, or a person pressed the button. */
  reconnectNow(): void {
    if (!this.running || this.status.connected) return;
    this.attempt = 0;
    this.start();
  }

  /** The computer slept: what is shown is old, and the socket may be dead without anybody having noticed. */
  restart(): void {
    if (!this.running) return;
    this.attempt = 0;
    this.report({ ...this.status, connected: false });
    this.start();
  }

  private receive(text: string): void {
    this.attempt = 0;
    this.report({ connected: true, lastMessageAt: this.now() });
    this.options.onMessage(JSON.parse(text) as LiveMessage);
  }

  /** Close a silent connection: the browser notices a dead one only after minutes. */
  private checkSilence(): void {
    const silentFor = this.now() - (this.status.lastMessageAt ?? -Infinity);
    if (silentFor >= STALE_AFTER) {
      const socket = this.socket;
      this.closed(true);
      socket?.close();
      return;
    }
    this.timer = setTimeout(() => this.checkSilence(), STALE_AFTER - silentFor + 50);
  }

  private closed(accepted: boolean): void {
    this.socket = null;
    clearTimeout(this.timer);
    this.report({ ...this.status, connected: false });
    if (!accepted) this.options.onRefused();
    this.timer = setTimeout(() => this.start(), backoff(this.attempt++, Math.random()));
  }

  private report(status: ConnectionStatus): void {
    this.status = status;
    this.options.onStatus(status);
  }
}
