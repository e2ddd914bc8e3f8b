import { ref, type Ref } from "vue";

import { callSound } from "../api/gateway";
import { RATE, falling, loudness, nextStart, toBytes, toFloats } from "./frames";
import { type Mic, Microphone } from "./microphone";

export type Sound = "off" | "connecting" | "on" | "broken";

const AGAIN_AFTER = 1_000;
/** Bytes that wait to be sent: a quarter of a second. Beyond, the line is too slow and newer words count more. */
const MOST_WAITING = RATE / 2;

/** The sound of one call at a time: what the visitor says is played, what the guard says is sent. */
export class Talk {
  readonly call: Ref<string | null> = ref(null);
  readonly sound: Ref<Sound> = ref("off");
  readonly mic: Ref<Mic> = ref("off");
  /** how loud, 0 to 1 */
  readonly heard = ref(0);
  readonly said = ref(0);
  private context: AudioContext | null = null;
  private microphone: Microphone | null = null;
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ends = 0;

  /** Call it from a press: the browser lets us be heard and asks for the microphone then. */
  prepare(): void {
    if (this.context !== null) return;
    const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    this.context = context;
    void context.resume();
    const microphone = new Microphone(context, (frame) => this.say(frame));
    this.microphone = microphone;
    this.mic.value = "asking";
    void microphone.open().then((mic) => {
      if (this.microphone === microphone) this.mic.value = mic;
    });
  }

  /** The call is answered, and ours. */
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
    this.sound.value = "off";
    this.mic.value = "off";
    this.heard.value = this.said.value = 0;
    this.ends = 0;
  }

  private connect(sound: Sound): void {
    if (this.call.value === null) return;
    this.sound.value = sound;
    const socket = new WebSocket(callSound(location, this.call.value));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      if (this.socket === socket) this.sound.value = "on";
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.play(event.data);
    socket.onclose = (event) => {
      if (this.socket === socket) this.lost(event.wasClean && event.code === 1000);
    };
  }

  /** Closed on purpose: the call is over, or goes on in another window of ours. */
  private lost(onPurpose: boolean): void {
    this.socket = null;
    this.heard.value = 0;
    if (onPurpose) {
      this.leave();
      return;
    }
    this.sound.value = "broken";
    this.timer = setTimeout(() => this.connect("broken"), AGAIN_AFTER);
  }

  private play(bytes: ArrayBuffer): void {
    const { context } = this;
    if (context?.state !== "running") return;
    const floats = toFloats(bytes);
    if (floats.length === 0) return;
    this.heard.value = falling(this.heard.value, loudness(floats));
    const start = nextStart(this.ends, context.currentTime);
    if (start === null) return;
    const buffer = context.createBuffer(1, floats.length, RATE);
    buffer.copyToChannel(floats, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start(start);
    this.ends = start + buffer.duration;
  }

  private say(frame: Float32Array): void {
    this.said.value = falling(this.said.value, loudness(frame));
    const { socket } = this;
    if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < MOST_WAITING) socket.send(toBytes(frame));
  }
}
