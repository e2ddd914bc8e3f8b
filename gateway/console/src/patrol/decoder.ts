import jsQR from "jsqr";

/** The text of a QR code in a picture's pixels, or null. For phones whose browser reads no codes by itself; the page at
 * /c/ loads it as qr-decoder.js. */
export function decode(pixels: Uint8ClampedArray, width: number, height: number): string | null {
  return jsQR(pixels, width, height, { inversionAttempts: "dontInvert" })?.data ?? null;
}
