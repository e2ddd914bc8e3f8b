import type { Silence } from "../api/types";

/** What a guard is told about a silence, heard and seen. */
export interface News {
  what: "restored" | "ended" | "throttled";
  silence: Silence;
}

export interface Known {
  silences: ReadonlyMap<string, Silence>;
  endedSilences: readonly Silence[];
}

const BY_PEOPLE_OR_TIME: ReadonlySet<string | null> = new Set(["until", "lifted"]);

/**
 * What has happened between two states: a silenced alarm restored, an alarm of another kind ended a silence, the gateway
 * throttled a source. An end by time or by a person is no news: what still goes on rings by itself.
 */
export function newsBetween(before: Known, now: Known): News[] {
  const news: News[] = [];
  const restored = (silence: Silence): boolean =>
    silence.restored_at !== null && silence.restored_at !== (before.silences.get(silence.id)?.restored_at ?? null);
  for (const silence of now.silences.values()) {
    if (silence.automatic && !before.silences.has(silence.id)) news.push({ what: "throttled", silence });
    if (restored(silence)) news.push({ what: "restored", silence });
  }
  const known = new Set(before.endedSilences.map((silence) => silence.id));
  for (const silence of now.endedSilences) {
    if (known.has(silence.id)) continue;
    if (restored(silence)) news.push({ what: "restored", silence });
    if (!BY_PEOPLE_OR_TIME.has(silence.ended_because)) news.push({ what: "ended", silence });
  }
  return news;
}
