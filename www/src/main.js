/** The page: which file is shown, and who is told of what comes. */

import 'parqlet/preview';

import { count, counted, duration, size } from './amounts.js';
import { byId, element } from './dom.js';
import { download, MOST_ROWS, save } from './download.js';
import { FAMILIES } from './families.js';
import { FileMap } from './map.js';
import { showSchema } from './schema.js';
import { explain, SERVICE } from './service.js';
import { receiveFiles } from './source.js';
import { readState, writeState } from './state.js';
import { scaleOf, Waterfall } from './waterfall.js';

const SAMPLE = 'sample.parquet';
/** Milliseconds of rest before the row at the top goes into the address. */
const REST = 300;

const preview = byId('preview');
const map = new FileMap(byId('map'), byId('tip'));
const waterfall = new Waterfall(byId('waterfall'), (range) => map.markRange(range));
/** Files that were dropped, for going back to them; the history has their numbers. */
const dropped = [];

/** What is shown: an address or a file. */
let source;
/** When it began to be opened, on the page's clock. */
let began = 0;
let rows = { start: 0, end: 0 };
/** Requests of downloads; their times count like those of the preview. */
let extra = [];
let resting;

/** Shows what the address of the page says. */
function follow() {
  const { url, columns, row } = readState(location.search);
  const next = history.state?.file === undefined ? url : dropped[history.state.file];
  clearTimeout(resting);
  if (next === undefined) close();
  else if (next !== source) open(next, columns, row);
  else {
    preview.columns = columns;
    preview.scrollToRow(row ?? 0);
  }
}

function close() {
  source = undefined;
  preview.removeAttribute('src');
  document.title = 'Parqlet';
  byId('url').value = '';
  show('start');
  forget();
}

function open(next, columns, row) {
  source = next;
  forget();
  show('open');
  // An address that is there already would not be opened anew.
  preview.removeAttribute('src');
  if (next instanceof Blob) preview.source = next;
  else preview.src = next;
  preview.columns = columns;
  if (row !== undefined) preview.scrollToRow(row);
  byId('url').value = next instanceof Blob ? '' : next;
  // A file of one's own has no address, and without encryption there is no clipboard.
  byId('link').hidden = next instanceof Blob || navigator.clipboard === undefined;
  document.title = `${nameOf(next)} · Parqlet`;
}

/** Goes to another file, or to other columns of this one. */
function go(state, file) {
  history.pushState(file === undefined ? null : { file }, '', writeState(state));
  follow();
}

function forget() {
  extra = [];
  rows = { start: 0, end: 0 };
  map.show(undefined);
  waterfall.clear();
  for (const id of ['schema', 'legend']) byId(id).replaceChildren();
  for (const id of ['totals', 'waterfall-totals', 'schema-totals', 'download-state']) byId(id).textContent = '';
  byId('download').disabled = true;
}

function show(state) {
  document.body.dataset.state = state;
}

function nameOf(from) {
  return from instanceof File ? from.name : (from.split(/[?#]/)[0].split('/').filter(Boolean).at(-1) ?? from);
}

/** Brings what was transferred up to date. */
function account() {
  const file = preview.file;
  if (file === undefined) return;
  const { requests: own, requestCount, roundTrips, bytes } = file.stats;
  const requests = [...own, ...extra];
  const now = performance.now() - began;
  const fetched = bytes + extra.reduce((sum, entry) => sum + entry.bytes, 0);
  const made = requestCount + extra.length;
  const { busy } = scaleOf(requests, now);
  const strong = element('strong', {}, size(fetched));
  // What a service sends is no part of the file.
  const of = file.via === undefined ? ` of ${size(file.byteLength)}` : '';
  const by = file.via === undefined ? '' : ` through ${new URL(file.via).host}`;
  const time = element('span', { class: 'whole' }, duration(busy));
  byId('totals').replaceChildren(strong, `${of} in ${counted(made, 'request')}${by}, `, time);
  byId('waterfall-totals').textContent = `${count(made)} in ${counted(roundTrips, 'round trip')}`;
  map.update(requests);
  waterfall.update(requests, map.pieces, now);
}

preview.addEventListener('open', ({ detail: { file } }) => {
  const direct = file.via === undefined;
  show(direct ? 'open' : 'via');
  if (!direct) explain(byId('through'));
  extra = [];
  // The footer has just come: that is the time of the last request.
  began = performance.now() - Math.max(0, ...file.stats.requests.map(({ endedAt, startedAt }) => endedAt ?? startedAt));
  // A service doesn't tell where in the file columns are.
  map.show(direct ? file : undefined);
  waterfall.clear();
  showSchema(byId('schema'), file.schema, (name) => map.markColumn(name));
  const { fields } = file.schema;
  byId('schema-totals').textContent = `${counted(fields.length, 'column')}, ${counted(file.rowCount, 'row')}`;
  const swatch = (family) => element('span', {}, element('i', { class: `dot ${family}` }), FAMILIES[family]);
  const hint = element('span', { class: 'hint' }, 'pale: not fetched');
  byId('legend').replaceChildren(...map.families.map(swatch), hint);
  byId('download').disabled = false;
  account();
});
preview.addEventListener('stats', account);
preview.addEventListener('error', ({ detail: { error } }) => {
  if (preview.file !== undefined) return;
  show('failed');
  // What the preview says itself is not said again.
  byId('otherwise').hidden = !['cors', 'no_ranges'].includes(error?.code);
});
preview.addEventListener('view', ({ detail }) => {
  rows = detail;
  byId('rows-in-view').textContent = `${count(rows.start + 1)} to ${count(rows.end)}, in view`;
  clearTimeout(resting);
  resting = setTimeout(() => {
    const address = writeState({ ...readState(location.search), row: rows.start });
    history.replaceState(history.state, '', address);
  }, REST);
});
preview.addEventListener('columns', ({ detail: { columns } }) => {
  const all = preview.file?.schema.fields.map(({ name }) => name) ?? [];
  const every = columns.length === all.length && columns.every((name, index) => name === all[index]);
  const some = every ? undefined : columns;
  history.pushState(history.state, '', writeState({ ...readState(location.search), columns: some, row: rows.start }));
});
addEventListener('popstate', follow);

document.querySelector('form.address').addEventListener('submit', (event) => {
  event.preventDefault();
  const url = byId('url').value.trim();
  if (url === '') return;
  const { columns, row } = readState(location.search);
  if (url === source) open(url, columns, row);
  else go({ url });
});
for (const id of ['sample', 'start-sample']) byId(id).addEventListener('click', () => go({ url: SAMPLE }));
receiveFiles({
  file: (file) => go({}, dropped.push(file) - 1),
  address: (url) => go({ url }),
});

byId('link').addEventListener('click', async ({ currentTarget: button }) => {
  await navigator.clipboard.writeText(location.href);
  button.textContent = 'Copied';
  byId('said').textContent = 'The link was copied';
  setTimeout(() => (button.textContent = 'Copy link'), 1500);
});

byId('download-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const { rows: which, count: first, format } = Object.fromEntries(new FormData(form));
  const limit = which === 'view' ? rows.end - rows.start : Math.min(Number(first), MOST_ROWS);
  const file = preview.file;
  if (file === undefined) return;
  const all = file.schema.fields.length === preview.columns?.length;
  const button = form.querySelector('button');
  const say = (text) => (byId('download-state').textContent = text);
  const asked = source;
  button.disabled = true;
  say('Reading…');
  try {
    const blob = await download({
      source,
      file,
      columns: all && readState(location.search).columns === undefined ? undefined : preview.columns,
      offset: which === 'view' ? rows.start : 0,
      limit,
      format,
      onRequest: (entry) => asked === source && record(entry),
    });
    save(blob, nameOf(asked), format);
    say(`${counted(Math.min(limit, file.rowCount), 'row')}, ${size(blob.size)}`);
    account();
  } catch (error) {
    say(error.message);
  } finally {
    button.disabled = false;
  }
});

/** A request of a download, on the clock of the preview. */
function record(entry) {
  const since = (time) => (time === undefined ? undefined : time - began);
  const { startedAt, firstByteAt, endedAt } = entry;
  const line = { ...entry, startedAt: since(startedAt), firstByteAt: since(firstByteAt), endedAt: since(endedAt) };
  const at = extra.findIndex((other) => other.startedAt === line.startedAt && other.start === line.start);
  if (at === -1) extra.push(line);
  else extra[at] = line;
  account();
}

byId('download-form').addEventListener('toggle', ({ newState }) => {
  if (newState !== 'open') return;
  const form = byId('download-form');
  const { right, bottom } = byId('download').getBoundingClientRect();
  form.style.top = `${bottom + 6}px`;
  // Below the end of the button, but all of it in sight.
  form.style.left = `${Math.max(8, right - form.offsetWidth)}px`;
});

/** Keeps the site for when there is no network. Where that isn't allowed, it works as well. */
async function keepSite() {
  await navigator.serviceWorker?.register('offline.js').catch(() => undefined);
}

if (SERVICE !== undefined) preview.fallback = SERVICE;
byId('own-service').hidden = SERVICE !== undefined;
follow();
// The first rows come first.
if (source === undefined) addEventListener('load', keepSite);
for (const end of ['load', 'error']) preview.addEventListener(end, keepSite, { once: true });
