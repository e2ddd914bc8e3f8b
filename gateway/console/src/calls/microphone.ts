import captureAddress from "./capture.worklet.ts?worker&url";

/** The microphone's status. `insecure`: the page is not served by HTTPS. */
export type Mic = "off" | "asking" | "on" | "insecure" | "refused" | "absent" | "failed";

const BY_ERROR: Record<string, Mic> = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "absent" };

/** Records the guard's voice in frames of 20 ms, within one audio context. */
export class Microphone {
  private stream: MediaStream | null = null;
  private node: AudioWorkletNode | null = null;
  private closed = false;

  constructor(
    private readonly context: AudioContext,
    private readonly onFrame: (frame: Float32Array) => void,
  ) {}

  /** Ask the browser for the microphone; never throws. */
  async open(): Promise<Mic> {
    // Missing both on plain HTTP, unless it is localhost: https://www.w3.org/TR/mediacapture-streams/#dom-navigator-mediadevices
    if (!window.isSecureContext || !("mediaDevices" in navigator) || !("audioWorklet" in this.context)) return "insecure";
    try {
      await this.connect();
    } catch (error) {
      this.close();
      return BY_ERROR[error instanceof DOMException ? error.name : ""] ?? "failed";
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
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const [stream] = await Promise.all([
      navigator.mediaDevices.getUserMedia({ audio }),
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
