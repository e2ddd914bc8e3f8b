/** `0a0b…` as `0a 0b …`, the way protocol tools print it. */
export const inPairs = (hex: string): string => hex.match(/../g)?.join(" ") ?? "";

/** The same bytes as text in UTF-8, a dot for what is none: control characters too, which could turn a line around. */
export const printable = (hex: string): string =>
  new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)))
    .replace(/[\p{C}\p{Zl}\p{Zp}\uFFFD]/gu, ".");
