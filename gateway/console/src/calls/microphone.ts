import captureAddress from "./capture.worklet.ts?worker&url";

/** Why there is a microphone, or none. */
export type Mic = "off" | "asking" | "on" | "insecure" | "refused" | "absent" | "failed";

const WHY: Record<string, Mic> = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "absent" };

/** The guard's voice in pieces of 20 ms, for one sound context. */
export class Microphone {
  private stream: MediaStream | null = null;
  private node: AudioWorkletNode | null = null;
  private closed = false;

  constructor(
    private readonly context: AudioContext,
    private readonly onFrame: (frame: Float32Array) => void,
  ) {}

  /** Asks the browser; never throws. */
  async open(): Promise<Mic> {
    // Missing both on plain HTTP, unless it is localhost: https://www.w3.org/TR/mediacapture-streams/#dom-navigator-mediadevices
    if (!window.isSecureContext || !("mediaDevices" in navigator) || !("audioWorklet" in this.context)) return "insecure";
    try {
      await this.connect();
    } catch (error) {
      this.close();
      return WHY[error instanceof DOMException ? error.name : ""] ?? "failed";
    }
    return this.closed ? "off" : "on";
  }

  close(): void {
    this.closed = true;
    this.node?.disconnect();
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.node = this.stream = null;
  }

  private async connect(): Promise<void> {
    const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const [stream] = await Promise.all([
      navigator.mediaDevices.getUserMedia({ audio: wanted }),
      this.context.audioWorklet.addModule(captureAddress),
    ]);
    this.stream = stream;
    if (this.closed) {
      this.close();
      return;
    }
    this.node = new AudioWorkletNode(this.context, "capture", { numberOfOutputs: 0 });
    this.node.port.onmessage = (event: MessageEvent<Float32Array>) => this.onFrame(event.data);
    this.context.createMediaStreamSource(stream).connect(this.node);
  }
}
