/** `0a0b…` as `0a 0b …`, the way protocol tools print it. */
export const inPairs = (hex: string): string => hex.match(/../g)?.join(" ") ?? "";

/** The same bytes as text, a dot for each that is none. */
export const printable = (hex: string): string =>
  (hex.match(/../g) ?? [])
    .map((pair) => parseInt(pair, 16))
    .map((code) => (code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "."))
    .join("");
