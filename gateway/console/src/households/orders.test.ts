import { describe, expect, it } from "vitest";

import { orderOf } from "./orders";

describe("an order", () => {
  it("leaves out what is not filled in", () => {
    const order = orderOf("add_person", { name: "王", phone: "", role: "family", since: "2026-12-01", until: "" }, {});
    expect(order).toEqual({ do: "add_person", name: "王", role: "family", since: "2026-12-01" });
  });

  it("of a correction removes what was emptied", () => {
    const order = orderOf("change_person", { name: "王", phone: "" }, { person: "p-1" });
    expect(order).toEqual({ do: "change_person", person: "p-1", name: "王", phone: "" });
  });

  it("of a change of tenant is one step: who leaves when, and who comes", () => {
    const order = orderOf("change_tenant", { name: "李", phone: "138", at: "2026-12-31", until: "" }, {});
    expect(order).toEqual({ do: "change_tenant", at: "2026-12-31", people: [{ role: "tenant", name: "李", phone: "138" }] });
  });

  it("is about a person, a vehicle or a credential", () => {
    expect(orderOf("end_credential", { at: "" }, { credential: "k-1" })).toEqual({ do: "end_credential", credential: "k-1" });
    expect(orderOf("add_vehicle", { plate: "苏M12345", person: "", move: false }, {})).toEqual({ do: "add_vehicle", plate: "苏M12345" });
  });
});
