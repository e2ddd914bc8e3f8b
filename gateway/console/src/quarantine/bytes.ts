/** `0a0b…` as `0a 0b …`, as protocol analysers print it. */
export const inPairs = (hex: string): string => hex.match(/../g)?.join(" ") ?? "";

/** The bytes as UTF-8 text, with a dot for what is not printable; control characters could reverse the line. */
export const printable = (hex: string): string =>
  new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)))
    .replace(/[\p{C}\p{Zl}\p{Zp}\uFFFD]/gu, ".");
