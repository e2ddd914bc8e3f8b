import { expect, it } from "vitest";

import { anAlert, anIncident, at } from "../api/samples";
import { rowsOf } from "./rows";

it("lists incidents in the desk's order, each once, by their own severity", () => {
  const fence = anIncident({ id: "fence", opened_at: at(0) });
  const fire = anIncident({ id: "fire", severity: "critical", opened_at: at(9) });
  const alerts = [
    anAlert({ id: "a-1", incident: "fence" }),
    anAlert({ id: "a-2", incident: "fence" }),
    anAlert({ id: "a-3", incident: "fire", severity: "low" }),
    anAlert({ id: "a-4", incident: "not received", severity: "critical" }),
  ];
  const rows = rowsOf(alerts, new Map([fence, fire].map((one) => [one.id, one])));
  expect(rows.map(({ id, severity, count }) => [id, severity, count])).toEqual([
    ["fire", "critical", 1],
    ["not received", "critical", 1],
    ["fence", "high", 2],
  ]);
});
