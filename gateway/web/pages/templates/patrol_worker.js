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
      await cache.addAll(OPTIONAL).catch(() => undefined);
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
  else if ([...ASSETS, ...OPTIONAL].includes(new URL(request.url).pathname)) event.respondWith(asset(request));
});

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
