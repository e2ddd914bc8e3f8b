import { describe, expect, it } from "vitest";

import type { Alert } from "../api/types";
import { reporterOf } from "./answer";

const alertOf = (kind: string, more: Partial<Alert> = {}): Alert =>
  ({ on_record: true, drill: false, signals: [{ kind }], ...more }) as unknown as Alert;

describe("whom to answer", () => {
  it("is whoever reported or called for help at a door plate", () => {
    expect(reporterOf(alertOf("report.made"))).toBe(true);
    expect(reporterOf(alertOf("help.called"))).toBe(true);
    expect(reporterOf(alertOf("door_plate.suspected"))).toBe(false);
    expect(reporterOf(alertOf("help.called", { drill: true }))).toBe(false);
    expect(reporterOf(alertOf("help.called", { on_record: false }))).toBe(false);
  });
});
