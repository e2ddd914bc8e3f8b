import type { IntercomCall } from "../api/types";

export const isMine = (call: IntercomCall, user: string): boolean => call.on === "browser" && call.by === user;
export const isRinging = (call: IntercomCall): boolean => call.state === "ringing" && call.on === "";

/** Whether the station's door can be opened now: most stations take the digits in an answered call only. */
export const canOpen = (call: IntercomCall): boolean =>
  call.unlock !== null && (call.state === "answered" || (!call.unlock.in_call && call.state === "ringing"));

/** This user's call first, then those nobody has answered, the longest waiting first. */
export function inOrder(calls: readonly IntercomCall[], user: string): IntercomCall[] {
  const weight = (call: IntercomCall): number => (isMine(call, user) ? 0 : call.on === "" ? 1 : 2);
  return [...calls].sort((a, b) => weight(a) - weight(b) || b.seconds - a.seconds);
}
