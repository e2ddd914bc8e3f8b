// Keeps the patrol page in the phone, so that a code can be scanned without a signal.
"use strict";
const CACHE = {{ cache | tojson }};
const SHELL = {{ page | tojson }};
const ASSETS = {{ assets | tojson }};
const OPTIONAL = {{ optional | tojson }};
const PATIENCE_MS = 5000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then(async (cache) => {
      await cache.addAll([new Request(SHELL, { credentials: "omit", cache: "reload" }), ...ASSETS]);
      await Promise.all(OPTIONAL.map((address) => keep(cache, address))).catch(() => undefined);
      await self.skipWaiting();
    }),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then(async (names) => {
      await Promise.all(names.filter((name) => name.startsWith("anju-patrol-") && name !== CACHE).map((name) => caches.delete(name)));
      await self.clients.claim();
    }),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (isKept(new URL(request.url).pathname)) event.respondWith(asset(request));
});

// A built file imports what it shares with others from files whose names only it knows.
async function keep(cache, address) {
  await cache.add(address);
  const text = await (await cache.match(address)).text();
  const imports = [...text.matchAll(/\bfrom\s*"(\.\/[^"]+)"/g)];
  await cache.addAll(imports.map(([, path]) => new URL(path, new URL(address, location.href)).pathname));
}

const isKept = (path) => [...ASSETS, ...OPTIONAL].includes(path) || path.includes("/assets/");

async function page(request) {
  const stop = new AbortController();
  const limit = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    return await fetch(request, { signal: stop.signal });
  } catch {
    return (await caches.match(SHELL)) ?? Response.error();
  } finally {
    clearTimeout(limit);
  }
}

async function asset(request) {
  return (await caches.match(request, { ignoreSearch: true })) ?? fetch(request);
}
