/** Runs on the browser's audio thread: collects the microphone's samples into messages of 20 ms. */

interface Processor {
  readonly port: MessagePort;
}

declare const AudioWorkletProcessor: new () => Processor;
declare function registerProcessor(name: string, processor: new () => Processor): void;

const FRAME = 320;

class Capture extends AudioWorkletProcessor {
  private samples = new Float32Array(FRAME);
  private filled = 0;

  process(inputs: Float32Array[][]): boolean {
    const channel = inputs[0]?.[0];
    if (channel === undefined) return true;
    for (const sample of channel) {
      this.samples[this.filled] = sample;
      this.filled += 1;
      if (this.filled < FRAME) continue;
      this.port.postMessage(this.samples, [this.samples.buffer]);
      this.samples = new Float32Array(FRAME);
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("capture", Capture);
