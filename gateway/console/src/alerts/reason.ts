/** The reason without the place, which is shown above it. Reasons begin with the place (zh) or have it after `at` (en). */
export function reasonWithoutPlace(reason: string, place: string): string {
  if (!place) return reason;
  if (reason.startsWith(`${place} `)) return reason.slice(place.length + 1).trim() || reason;
  const named = ` at ${place}`;
  const at = reason.indexOf(named);
  const end = at + named.length;
  if (at <= 0 || /^[^\s:,]/.test(reason.slice(end))) return reason;
  const device = reason.slice(end).trim();
  const what = reason.slice(0, at);
  if (device === "") return what;
  if (device.startsWith(":")) return `${what}${device}`;
  return device.startsWith("(") ? `${what} ${device}` : `${what} · ${device}`;
}
