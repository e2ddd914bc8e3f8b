import { expect, it } from "vitest";

import { navigation, onBar } from "./navigation";
import { viewsOf } from "./route";

it("has every view of a role once, what the role uses most first", () => {
  for (const role of ["guard", "supervisor", "manager", "installer"] as const) {
    const views = navigation(role);
    expect(new Set(views).size).toBe(views.length);
    expect(views.includes("quarantine")).toBe(role === "manager" || role === "installer");
  }
  expect(navigation("guard")[0]).toBe("alerts");
  expect(navigation("installer")[0]).toBe("devices");
  expect([...navigation("manager")].sort()).toEqual([...viewsOf("manager")].sort());
});

it("puts fewer on a narrow bar", () => {
  expect(onBar(390)).toBeLessThan(onBar(1366));
  expect(onBar(1366)).toBeLessThan(onBar(1920));
});
