import { expect, it } from "vitest";

import { ApiError } from "../api/client";
import type { Gateway } from "../api/gateway";
import type { Role, Session } from "../api/types";
import { createSessions } from "./session";

function door() {
  let role: Role | null = "guard";
  let changes = 0;
  const answer = async (): Promise<Session> => {
    if (role === null) throw new ApiError(401, "signed_out", "请先登录");
    return { user: role, role, expires_at: null };
  };
  const gateway = { session: answer, signIn: answer, signOut: async () => undefined } as Partial<Gateway> as Gateway;
  const sessions = createSessions(gateway, () => changes++);
  return { sessions, become: (next: Role | null) => (role = next), changes: () => changes };
}

it("asks for a sign-in at first, and keeps the screen when a session runs out", async () => {
  const { sessions, become } = door();
  become(null);
  await sessions.check();
  expect(sessions.status.value).toBe("out");
  become("guard");
  await sessions.signIn("guard", "guard");
  become(null);
  await sessions.check();
  expect([sessions.status.value, sessions.session.value?.user]).toEqual(["expired", "guard"]);
});

it("clears the screen only when somebody else comes", async () => {
  const { sessions, become, changes } = door();
  await sessions.check();
  sessions.expire();
  await sessions.signIn("guard", "guard");
  expect(changes()).toBe(0);
  become("installer");
  sessions.expire();
  await sessions.signIn("installer", "installer");
  expect(changes()).toBe(1);
});

it("rings for those on duty alone", async () => {
  const { sessions, become } = door();
  for (const [role, rung] of [["guard", true], ["supervisor", true], ["installer", false], ["manager", false]] as const) {
    become(role);
    await sessions.check();
    expect(sessions.onDuty.value).toBe(rung);
  }
});
