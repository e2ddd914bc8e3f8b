import { expect, it } from "vitest";

import { ApiError, Client, Unreachable } from "./client";

const answering = (response: () => Response | Promise<Response>, seen: RequestInit[] = []) => {
  let signedOut = 0;
  const dates: number[] = [];
  const client = new Client({
    language: () => "zh",
    onSignedOut: () => signedOut++,
    onDate: (date) => dates.push(date),
    timeout: 50,
    fetch: async (_path, init) => {
      seen.push(init ?? {});
      return response();
    },
  });
  return { client, signedOut: () => signedOut, dates };
};

const refusal = (status: number) => () =>
  new Response(JSON.stringify({ error: { code: "conflict", message: "已由他人接警" } }), { status });

it("tells the gateway's own sentence", async () => {
  const { client } = answering(refusal(409));
  await expect(client.call("POST", "/api/v1/alerts/a/close", {})).rejects.toMatchObject({ status: 409, message: "已由他人接警" });
});

it("notices that the session has ended, but not from a wrong password", async () => {
  const { client, signedOut } = answering(refusal(401));
  await expect(client.call("POST", "/api/v1/session", {})).rejects.toBeInstanceOf(ApiError);
  expect(signedOut()).toBe(0);
  await expect(client.call("GET", "/api/v1/alerts")).rejects.toBeInstanceOf(ApiError);
  expect(signedOut()).toBe(1);
});

it("takes an answer that is no JSON for a refusal without words", async () => {
  const { client } = answering(() => new Response("<html>bad gateway</html>", { status: 502 }));
  await expect(client.call("GET", "/")).rejects.toMatchObject({ status: 502, message: "" });
});

it("says that nobody answered", async () => {
  const { client } = answering(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(client.call("GET", "/")).rejects.toBeInstanceOf(Unreachable);
});

it("asks in the guard's language and reads the gateway's clock", async () => {
  const seen: RequestInit[] = [];
  const headers = { Date: "Thu, 01 Jan 2026 00:00:05 GMT" };
  const { client, dates } = answering(() => new Response("{}", { headers }), seen);
  await client.call("GET", "/api/v1/compound");
  expect((seen[0]?.headers as Record<string, string>)["Accept-Language"]).toBe("zh-CN");
  expect(dates).toEqual([Date.UTC(2026, 0, 1, 0, 0, 5)]);
});
