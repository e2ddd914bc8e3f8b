import { describe, expect, it } from "vitest";

/** Every source file by its path from here, without the tests. */
const sources = import.meta.glob<string>(["./**/*.{ts,vue}", "!./**/*.test.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The files that a file imports. Imports of types count: a circle of types is as hard to read as one of values. */
function importsOf(file: string, source: string, files: ReadonlySet<string>): string[] {
  const folder = new URL(file, "file:///src/");
  return [...source.matchAll(/\b(?:from|import)\s+"(\.{1,2}\/[^"?]+)/g)].flatMap(([, path]) => {
    const target = `.${new URL(path as string, folder).pathname.slice("/src".length)}`;
    return [target, `${target}.ts`].filter((name) => files.has(name));
  });
}

/** The first import circle, as the files on it; null when there is none. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle) return circle;
    }
    done.add(file);
    return null;
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return null;
}

describe("imports", () => {
  const files = new Set(Object.keys(sources));
  const imports = new Map(Object.entries(sources).map(([file, source]) => [file, importsOf(file, source, files)]));

  it("are found in TypeScript and in components", () => {
    expect(imports.get("./shell/app.ts")).toContain("./calls/calls.ts");
    expect(imports.get("./App.vue")).toContain("./shell/TopBar.vue");
    expect(imports.get("./devices/command.ts")).toContain("./shell/app.ts");
  });

  it("have no circle, types included", () => {
    expect(findCircle(imports)).toBeNull();
  });

  it("with a circle are reported", () => {
    expect(findCircle(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]]))).toEqual(["b", "c", "b"]);
  });
});
