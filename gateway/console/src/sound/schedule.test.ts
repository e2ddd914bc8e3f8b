import { describe, expect, it } from "vitest";

import { type Ring, ringsOf } from "../alerts/ringing";
import { anEscalation, anIncident, at } from "../api/samples";
import type { Incident } from "../api/types";
import { PATTERNS, type PatternName, lengthOf } from "./patterns";
import { REPEAT_AFTER, EMPTY_HISTORY, isMuted, nextSound } from "./schedule";

/** What is history over `seconds`, asked every half second, as [second, sound]. */
function listen(seconds: number, incidentsAt: (second: number) => Incident[], staleAt: (second: number) => boolean = () => false) {
  let history = EMPTY_HISTORY;
  const sounds: [number, PatternName][] = [];
  for (let second = 0; second < seconds; second += 0.5) {
    const turn = nextSound(history, ringsOf(incidentsAt(second), Date.parse(at(second))), staleAt(second), second * 1000);
    history = turn.history;
    if (turn.play) sounds.push([second, turn.play]);
  }
  return sounds;
}

const critical = anIncident({ id: "fire", severity: "critical" });
const high = anIncident({ id: "fence" });
const medium = anIncident({ id: "door", severity: "medium" });
const low = anIncident({ id: "battery", severity: "low" });
const taken = (incident: Incident): Incident => ({ ...incident, state: "acknowledged", new_alerts: 0, new_by_severity: {} });

describe("what is heard", () => {
  it("repeats a critical alert until it is acknowledged", () => {
    const sounds = listen(60, (second) => [second < 30 ? critical : taken(critical)]);
    expect(sounds.length).toBeGreaterThanOrEqual(8);
    expect(sounds.every(([second, name]) => name === "critical" && second < 30)).toBe(true);
    expect(Math.max(...sounds.map(([second]) => second))).toBeGreaterThan(25);
  });

  it("reminds of high and medium ones, and says a low one once", () => {
    expect(listen(61, () => [high])).toEqual([[0, "high"], [30, "high"], [60, "high"]]);
    expect(listen(121, () => [medium])).toEqual([[0, "medium"], [120, "medium"]]);
    expect(listen(9_999, () => [low])).toEqual([[0, "low"]]);
  });

  it("hears a notice once, and not while something critical rings", () => {
    const play = (second: number, history = EMPTY_HISTORY, rings = ringsOf([] as Incident[], 0), notices = 1) => nextSound(history, rings, false, second * 1000, false, notices);
    const first = play(0);
    expect(first.play).toBe("notice");
    expect(play(10, first.history).play).toBeNull();
    expect(play(20, first.history, [], 2).play).toBe("notice");
    const rings = ringsOf([critical], Date.parse(at(0)));
    const loud = play(30, first.history, rings, 2);
    expect(loud.play).toBe("critical");
    expect(play(33, loud.history, rings, 2).play).toBeNull();
    expect(play(34, loud.history, [], 2).play).toBe("notice");
  });

  it("is silent when all is in hand", () => {
    expect(listen(120, () => [taken(critical), taken(high), taken(low)])).toEqual([]);
  });

  it("hears each newcomer, also beside one that was heard", () => {
    const second = anIncident({ id: "fence 2" });
    expect(listen(20, (now) => (now < 10 ? [high] : [high, second]))).toEqual([[0, "high"], [10, "high"]]);
  });

  it("hears what joins an incident that is in hand, as what it is", () => {
    const joined = (by: "high" | "critical"): Incident => ({ ...taken(high), state: "new", severity: by, new_by_severity: { [by]: 1 } });
    expect(listen(10, (now) => [now < 5 ? taken(high) : { ...joined("high"), severity: "critical" }])).toEqual([[5, "high"]]);
    expect(listen(10, (now) => [now < 5 ? taken(high) : joined("critical")])).toEqual([[5, "critical"], [8.5, "critical"]]);
  });

  it("hears one more beside those that were heard", () => {
    const more = (count: number): Incident => ({ ...high, new_by_severity: { high: count } });
    expect(listen(9, (now) => [more(now < 3 ? 1 : now < 6 ? 2 : 1)])).toEqual([[0, "high"], [3, "high"]]);
    expect(listen(9, (now) => [more(now < 3 ? 2 : now < 6 ? 1 : 2)])).toEqual([[0, "high"], [6, "high"]]);
  });

  it("leaves one on hold alone until its hold is over", () => {
    const held: Incident = { ...taken(high), state: "on_hold", held_until: at(40) };
    expect(listen(75, () => [held])).toEqual([[40, "high"], [70, "high"]]);
  });

  it("rings again for one in hand that has escalated, twice as often", () => {
    const late = (second: number): Incident => ({ ...taken(high), escalation: anEscalation(second < 10 ? {} : { level: 1, louder: true }) });
    expect(listen(45, (now) => [late(now)])).toEqual([[10, "high"], [25, "high"], [40, "high"]]);
  });

  it("rings three times as often where every desk rings, also for one in another's hand", () => {
    const others = (every_desk: boolean): Incident => ({ ...taken(high), assignee: "guard", escalation: anEscalation({ level: 2, louder: true, every_desk }) });
    const rings = (incident: Incident, user: string) => ringsOf([incident], 0, user);
    expect(rings(others(false), "colleague")).toEqual([]);
    expect(rings(others(false), "guard")).toMatchObject([{ level: 1 }]);
    expect(rings(others(true), "colleague")).toMatchObject([{ level: 2 }]);
    expect(listen(25, () => [others(true)])).toEqual([[0, "high"], [10, "high"], [20, "high"]]);
  });

  it("is louder for a new one at each step, and as it was once it is acknowledged", () => {
    const level = (incident: Incident): number => nextSound(EMPTY_HISTORY, ringsOf([incident], 0), false, 0).level;
    expect(level(high)).toBe(0);
    expect(level({ ...high, escalation: anEscalation({ level: 1, louder: true }) })).toBe(1);
    expect(level({ ...high, escalation: anEscalation({ level: 2, louder: true, every_desk: true }) })).toBe(2);
    expect(listen(40, () => [taken(high)])).toEqual([]);
  });

  it("is muted for what may be muted, until it has escalated", () => {
    const [calm] = ringsOf([low], 0);
    const [late] = ringsOf([{ ...low, escalation: anEscalation({ level: 2, every_desk: true }) }], 0);
    const [grave] = ringsOf([critical], 0);
    expect([calm, late, grave].map((ring) => isMuted(ring as Ring, ["low", "critical"]))).toEqual([true, false, false]);
  });

  it("reminds once, shortly, at the desk that handles it", () => {
    const reminded: Incident = { ...taken(high), assignee: "guard", reminded_at: at(5) };
    expect(listen(90, (now) => [now < 5 ? taken(high) : { ...reminded, assignee: null }])).toEqual([[5, "reminder"]]);
    expect(ringsOf([reminded], Date.parse(at(6)), "colleague")).toEqual([]);
  });

  it("lets a critical alert speak alone, and the others in their turn after it", () => {
    const sounds = listen(20, (now) => [now < 8 ? critical : taken(critical), high, low]);
    const later = sounds.filter(([second]) => second >= 8).map(([, name]) => name);
    expect(sounds.filter(([second]) => second < 8).every(([, name]) => name === "critical")).toBe(true);
    expect(later).toEqual(["high", "low"]);
  });

  it("never speaks over itself but for a critical alert", () => {
    const sounds = listen(10, () => [high, medium, low]);
    sounds.slice(1).forEach(([second], index) => {
      const [began, name] = sounds[index] as [number, PatternName];
      expect(second).toBeGreaterThanOrEqual(began + lengthOf(PATTERNS[name]));
    });
    const cut = listen(3, (now) => (now < 0.5 ? [high] : [high, critical]));
    expect(cut.slice(0, 2)).toEqual([[0, "high"], [0.5, "critical"]]);
  });

  it("says that the line is lost, below critical alerts and above the rest", () => {
    expect(listen(31, () => [], () => true)).toEqual([[0, "lost"], [15, "lost"], [30, "lost"]]);
    expect(listen(3, () => [critical], () => true)[0]).toEqual([0, "critical"]);
    expect(listen(3, () => [high], () => true)[0]).toEqual([0, "lost"]);
  });
});

describe("the patterns", () => {
  it("differ in rhythm, not only in pitch", () => {
    const rhythms = Object.values(PATTERNS).map((pattern) => pattern.map((tone) => tone.at).join());
    expect(new Set(rhythms).size).toBe(rhythms.length);
  });

  it("end before they come again", () => {
    expect(lengthOf(PATTERNS.critical) * 1000).toBeLessThan(REPEAT_AFTER.critical);
  });

  it("stay below 1 kHz, where older ears are good", () => {
    expect(Object.values(PATTERNS).flat().every((tone) => tone.hertz < 1_000)).toBe(true);
  });
});
