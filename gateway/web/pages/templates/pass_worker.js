// Keeps visitors' pages in the phone: a gate may be where there is no network.
"use strict";
const CACHE = {{ cache | tojson }};
const ASSETS = {{ assets | tojson }};
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(ASSETS)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("message", (event) => {
  if (event.data && event.data.keep) event.waitUntil(fetch(event.data.keep).then((answer) => keep(event.data.keep, answer)).catch(() => undefined));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (ASSETS.includes(new URL(request.url).pathname)) event.respondWith(asset(request));
});

// What is revoked is not kept.
async function keep(address, answer) {
  const cache = await caches.open(CACHE);
  if (answer.status === 200) await cache.put(address, answer.clone());
  else if (answer.status === 404 || answer.status === 410) await cache.delete(address);
}

async function page(request) {
  const stop = new AbortController();
  const limit = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(request, { signal: stop.signal });
    await keep(request.url, answer);
    return answer;
  } catch {
    return (await caches.match(request.url)) ?? Response.error();
  } finally {
    clearTimeout(limit);
  }
}

async function asset(request) {
  return (await caches.match(request, { ignoreSearch: true })) ?? fetch(request);
}
