import { ref, type Ref } from "vue";

import { callSound } from "../api/gateway";
import { RATE, decayedLevel, loudness, nextStart, toBytes, toFloats } from "./audio";
import { type Mic, Microphone } from "./microphone";

export type AudioStatus = "off" | "connecting" | "on" | "broken";

const RECONNECT_AFTER = 1_000;
/** Bytes waiting to be sent: a quarter of a second. Beyond that the network is too slow, and newer sound counts more. */
const MAX_BUFFERED = RATE / 2;

/** The audio of one call at a time: plays the visitor's voice and sends the guard's. */
export class CallAudio {
  readonly call: Ref<string | null> = ref(null);
  readonly status: Ref<AudioStatus> = ref("off");
  readonly mic: Ref<Mic> = ref("off");
  /** loudness of the visitor, 0 to 1 */
  readonly visitorLevel = ref(0);
  /** loudness of the microphone, 0 to 1 */
  readonly micLevel = ref(0);
  private context: AudioContext | null = null;
  private microphone: Microphone | null = null;
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** when the last scheduled piece ends, in the context's seconds */
  private playedUntil = 0;

  /** Call it from a click or key: only then does the browser allow sound and the microphone. */
  prepare(): void {
    if (this.context !== null) return;
    const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    this.context = context;
    void context.resume();
    const microphone = new Microphone(context, (frame) => this.send(frame));
    this.microphone = microphone;
    this.mic.value = "asking";
    void microphone.open().then((mic) => {
      // The call may have ended while the browser asked for permission.
      if (this.microphone === microphone) this.mic.value = mic;
    });
  }

  /** Connect to a call that this user has answered. */
  join(call: string): void {
    if (this.call.value === call) return;
    this.prepare();
    this.call.value = call;
    this.connect("connecting");
  }

  leave(): void {
    clearTimeout(this.timer);
    const { socket, context } = this;
    this.socket = this.context = null;
    socket?.close();
    this.microphone?.close();
    this.microphone = null;
    void context?.close();
    this.call.value = null;
    this.status.value = "off";
    this.mic.value = "off";
    this.visitorLevel.value = this.micLevel.value = 0;
    this.playedUntil = 0;
  }

  private connect(status: AudioStatus): void {
    if (this.call.value === null) return;
    this.status.value = status;
    const socket = new WebSocket(callSound(location, this.call.value));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      if (this.socket === socket) this.status.value = "on";
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.play(event.data);
    socket.onclose = (event) => {
      if (this.socket === socket) this.closed(event.wasClean && event.code === 1000);
    };
  }

  /** `onPurpose`: the call is over, or goes on in another window of this user. */
  private closed(onPurpose: boolean): void {
    this.socket = null;
    this.visitorLevel.value = 0;
    if (onPurpose) {
      this.leave();
      return;
    }
    this.status.value = "broken";
    this.timer = setTimeout(() => this.connect("broken"), RECONNECT_AFTER);
  }

  private play(bytes: ArrayBuffer): void {
    const { context } = this;
    if (context?.state !== "running") return;
    const floats = toFloats(bytes);
    if (floats.length === 0) return;
    this.visitorLevel.value = decayedLevel(this.visitorLevel.value, loudness(floats));
    const start = nextStart(this.playedUntil, context.currentTime);
    if (start === null) return;
    const buffer = context.createBuffer(1, floats.length, RATE);
    buffer.copyToChannel(floats, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start(start);
    this.playedUntil = start + buffer.duration;
  }

  private send(frame: Float32Array): void {
    this.micLevel.value = decayedLevel(this.micLevel.value, loudness(frame));
    const { socket } = this;
    if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < MAX_BUFFERED) socket.send(toBytes(frame));
  }
}
