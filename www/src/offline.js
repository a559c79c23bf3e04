/**
 * The site's service worker: keeps its own files, so that it opens without a network. Parquet files it never touches, nor any
 * request for a range. `SITE` is put in by the build: the files, and a digest of them.
 */

/* global SITE */
const { files, version } = SITE;
const PREFIX = 'parqlet-site-';
const CACHE = PREFIX + version;

addEventListener('install', (event) => event.waitUntil(keep()));
addEventListener('activate', (event) => event.waitUntil(begin()));
addEventListener('fetch', (event) => {
  const name = ownFile(event.request);
  // Without an answer the browser does what it would do without us.
  if (name !== undefined) event.respondWith(answer(name, event.request));
});

/** Keeps all files or none: two versions together might not work. */
async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(files.map((name) => new Request(addressOf(name), { cache: 'no-cache' })));
}

/** No page shows an older version any more. */
async function begin() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await clients.claim();
}

/** Which of the site's files is asked for, if it is one. */
function ownFile({ method, url, headers }) {
  const { origin, pathname } = new URL(url);
  const scope = new URL(registration.scope);
  if (method !== 'GET' || origin !== scope.origin || headers.has('range')) return undefined;
  if (!pathname.startsWith(scope.pathname)) return undefined;
  // What the page's own address says behind the question mark is for its script.
  const name = pathname.slice(scope.pathname.length) || 'index.html';
  return files.includes(name) ? name : undefined;
}

async function answer(name, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(addressOf(name))) ?? (await fetch(request));
}

function addressOf(name) {
  return new URL(name === 'index.html' ? './' : name, registration.scope).href;
}
