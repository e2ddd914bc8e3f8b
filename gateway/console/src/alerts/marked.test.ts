import { computed, shallowRef } from "vue";
import { expect, it } from "vitest";

import { anIncident } from "../api/samples";
import { createMarked, inParallel } from "./marked";

const names = ["a", "b", "c", "d"];

it("marks one by one, and all between the last and another", () => {
  const queue = shallowRef(names.map((id) => anIncident({ id })));
  const marked = createMarked(computed(() => queue.value));
  const ids = (): string[] => marked.incidents.value.map((one) => one.id);
  marked.toggle("d");
  marked.toggle("d");
  marked.toggle("a");
  marked.extend("c");
  expect(ids()).toEqual(["a", "b", "c"]);
  queue.value = queue.value.filter((one) => one.id !== "b");
  expect(ids()).toEqual(["a", "c"]);
  marked.clear();
  expect(ids()).toEqual([]);
});

it("works on a few at a time and keeps the order of the results", async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([30, 1, 20, 5], 2, async (milliseconds) => {
    most = Math.max(most, ++running);
    await new Promise((done) => setTimeout(done, milliseconds));
    running -= 1;
    return milliseconds;
  });
  expect(results).toEqual([30, 1, 20, 5]);
  expect(most).toBe(2);
});
