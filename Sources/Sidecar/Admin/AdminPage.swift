// swift-format-ignore-file
// Made by scripts/embed-page from docs/admin-page/page.html: change that, then run it.

/// The status page, served at `GET /` of the admin listener. It asks for `stats.json` and `history.json` only.
enum AdminPage {
    static let html: StaticString = ##"""
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>runner-sidecar</title>
<link rel="icon" href="data:,">
<style>
:root {
  --paper: #faf9f6; --sheet: #ffffff; --ink: #22252a; --soft: #5a6069; --faint: #696f77; --line: #e7e4dd;
  --grid: #efece6;
  --accent: #0f6e6e; --accent-wash: #0f6e6e1a; --good: #2c7a4b; --warn: #8a5600; --bad: #b3372f; --bad-wash: #b3372f14;
  --p50: #0f6e6e; --p90: #97660f; --p99: #b4506b;
  --receive: #7c9cb4; --validate: #5b7f95; --queue: #d0a24c; --worker: #0f6e6e; --send: #a48bb0;
  --shadow: 0 1px 2px #2018100a, 0 4px 16px #20181008;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --sheet: #1c1f23; --ink: #e4e3df; --soft: #a9aeb5; --faint: #9298a0; --line: #2c3036;
    --grid: #262a2f;
    --accent: #5fbdb6; --accent-wash: #5fbdb622; --good: #74c492; --warn: #e0aa55; --bad: #ef8277;
    --bad-wash: #ef82771c;
    --p50: #5fbdb6; --p90: #e0b25f; --p99: #e08aa4;
    --receive: #8fb2cc; --validate: #6b93ad; --queue: #dcb25e; --worker: #4fa8a1; --send: #b79cc4;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans",
  "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums; font-feature-settings: "tnum" 1;
}
main, header, footer { max-width: 1160px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 28px; padding-bottom: 8px; display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: baseline; }
h1 { font-size: 1.3rem; font-weight: 650; letter-spacing: -.012em; margin: 0; }
h2 { font-size: .95rem; font-weight: 620; margin: 0; letter-spacing: -.003em; }
.about { color: var(--soft); font-size: .87rem; }
.push { margin-left: auto; }
.state { font-weight: 600; display: inline-flex; align-items: center; gap: 8px; }
.state::before {
  content: ""; width: 9px; height: 9px; border-radius: 50%; background: currentColor;
  box-shadow: 0 0 0 4px color-mix(in srgb, currentColor 16%, transparent);
}
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .none { color: var(--faint); }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; }
.quiet {
  color: var(--soft); font-size: .87rem; padding: 3px 10px; border: 1px solid var(--line); border-radius: 7px;
  background: var(--sheet);
}
.quiet:hover { color: var(--ink); border-color: var(--faint); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 5px; }
.chart:focus-visible { outline-offset: 6px; border-radius: 8px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 16px; top: 8px; background: var(--sheet); padding: 6px 10px; z-index: 2; }
.notice {
  max-width: 1112px; margin: 8px auto 0; padding: 9px 14px; border-radius: 9px; background: var(--bad-wash);
  color: var(--bad); font-weight: 550;
}
.notice[hidden] { display: none; }
.figures {
  display: grid; grid-template-columns: repeat(6, 1fr); margin: 18px 0 22px; border-block: 1px solid var(--line);
}
.figures > div { padding: 15px 0 14px 18px; border-left: 1px solid var(--line); }
.figures > div:first-child { border-left: 0; padding-left: 0; }
dl { margin: 0; } dt { color: var(--soft); font-size: .83rem; } dd { margin: 0; }
.figures dd { font-size: 1.62rem; font-weight: 560; letter-spacing: -.022em; line-height: 1.25; white-space: nowrap; }
.figures dd small, .unit {
  font-size: .58em; font-weight: 500; color: var(--soft); letter-spacing: 0; margin-left: .22em;
}
.sheet {
  background: var(--sheet); border: 1px solid var(--line); border-radius: 13px; padding: 17px 20px 18px;
  box-shadow: var(--shadow); min-width: 0;
}
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 18px; margin-bottom: 18px; }
.head { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: baseline; margin-bottom: 10px; }
.head .aside { color: var(--soft); font-size: .83rem; margin-left: auto; }
.key {
  display: inline-flex; align-items: center; gap: 6px; color: var(--soft); font-size: .83rem; white-space: nowrap;
}
.key i { width: 14px; height: 3px; border-radius: 2px; background: var(--c); }
.keys { display: inline-flex; gap: 14px; margin-left: auto; }
.chart { height: 208px; position: relative; }
.chart svg { display: block; width: 100%; height: 100%; overflow: visible; }
.chart text { font-size: 11.5px; fill: var(--faint); }
.chart .grid { stroke: var(--grid); } .chart .cursor { stroke: var(--faint); stroke-dasharray: 2 3; }
.chart path { fill: none; stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; }
.tip {
  position: absolute; top: 2px; pointer-events: none; background: var(--sheet); border: 1px solid var(--line);
  border-radius: 8px; padding: 5px 10px; font-size: .8rem; line-height: 1.45; white-space: nowrap;
  box-shadow: 0 3px 14px #0000001a;
}
.tip[hidden] { display: none; }
.tip b { font-weight: 600; float: right; padding-left: 14px; }
.tip time { color: var(--soft); }
.bar { display: flex; height: 22px; gap: 2px; margin: 4px 0 16px; }
.bar i { background: var(--c); min-width: 2px; border-radius: 3px; transition: flex-grow .4s ease; }
.bar i:first-child { border-radius: 7px 3px 3px 7px; } .bar i:last-child { border-radius: 3px 7px 7px 3px; }
@media (prefers-reduced-motion: reduce) { .bar i { transition: none; } }
.stages { display: grid; gap: 7px; }
.stages > div { display: grid; grid-template-columns: 12px 5.4em 1fr 5.6em 5.6em; gap: 0 10px; align-items: baseline; }
.stages .dot { width: 10px; height: 10px; border-radius: 3px; background: var(--c); align-self: center; }
.stages .what { color: var(--soft); font-size: .83rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.bar:empty { display: none; }
.stages .num { text-align: right; }
.stages > div:first-child span { color: var(--soft); font-size: .83rem; }
table { width: 100%; border-collapse: collapse; }
th {
  font-weight: 500; color: var(--soft); font-size: .83rem; text-align: right; padding: 0 0 6px 14px;
  white-space: nowrap; border-bottom: 1px solid var(--line);
}
td { text-align: right; padding: 7px 0 7px 14px; border-bottom: 1px solid var(--grid); white-space: nowrap; }
tbody tr:last-child td { border-bottom: 0; padding-bottom: 0; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; overflow-wrap: anywhere; }
#workers th:first-child, #workers td:first-child { white-space: nowrap; }
#workers .sub.wide { white-space: normal; }
th button { font-weight: 500; } th button:hover { color: var(--ink); }
th[aria-sort] button { color: var(--ink); }
th[aria-sort=descending] button::after { content: " ↓"; }
th[aria-sort=ascending] button::after { content: " ↑"; }
td small { color: var(--soft); font-size: .83rem; }
.sub { display: block; color: var(--soft); font-size: .83rem; }
.narrow { display: none; }
.count { display: inline-block; min-width: 2.1em; }
.load {
  display: inline-block; width: 30px; height: 6px; border-radius: 3px; background: var(--grid); margin-right: 9px;
  vertical-align: middle; overflow: hidden;
}
.load i { display: block; height: 100%; background: var(--accent); border-radius: 3px; }
.side {
  display: inline-block; font-size: .8rem; font-weight: 550; padding: 0 8px; border-radius: 6px;
  background: var(--grid); color: var(--soft);
}
.stale main, .stale footer { opacity: .45; }
.side.worker, .side.task, .side.bridge { background: var(--bad-wash); color: var(--bad); }
.side.front { background: color-mix(in srgb, var(--warn) 13%, transparent); color: var(--warn); }
.empty { color: var(--faint); padding: 6px 0 2px; margin: 0; }
th.left, td.left { text-align: left; } td.where { white-space: normal; overflow-wrap: anywhere; }
.block { margin-bottom: 18px; }
footer {
  display: flex; flex-wrap: wrap; gap: 6px 26px; color: var(--soft); font-size: .83rem; padding-top: 6px;
  padding-bottom: 36px;
}
footer b { font-weight: 550; color: var(--ink); }
a { color: var(--accent); text-underline-offset: 3px; text-decoration-thickness: 1px; }
@media (max-width: 900px) {
  .figures { grid-template-columns: repeat(3, 1fr); }
  .figures > div:nth-child(3n+1) { border-left: 0; padding-left: 0; }
  .figures > div:nth-child(n+4) { border-top: 1px solid var(--line); }
  .pair { grid-template-columns: 1fr; }
}
@media (max-width: 560px) {
  body { font-size: 14.5px; }
  main, header, footer { padding-left: 16px; padding-right: 16px; } .notice { margin-inline: 16px; }
  .figures { grid-template-columns: repeat(2, 1fr); margin-block: 12px 16px; }
  .figures > div { border-top: 1px solid var(--line); padding-block: 10px; }
  .figures > div:nth-child(-n+2) { border-top: 0; }
  .figures > div:nth-child(n) { border-left: 1px solid var(--line); padding-left: 16px; }
  .figures > div:nth-child(odd) { border-left: 0; padding-left: 0; }
  .figures dd { font-size: 1.4rem; }
  .sheet { padding: 14px 15px 15px; border-radius: 11px; }
  .wide { display: none; } .narrow { display: block; }
  .head .aside { margin-left: 0; }
  .stages > div { grid-template-columns: 12px 1fr 5em 5em; } .stages .what { display: none; }
  .load { width: 40px; } .chart { height: 172px; } th, td { padding-left: 10px; }
  header { row-gap: 2px; } header .push { order: 1; margin-left: 0; flex-basis: 100%; }
  header .quiet { margin-left: auto; padding: 6px 14px; } footer .push { margin-left: 0; }
  th button { padding-block: 6px; }
}
@media (max-width: 380px) { .load, .roomy { display: none; } th, td { padding-left: 8px; } }
</style>
</head>
<body>
<a class="skip" href="#main">To the figures</a>
<header>
  <h1>runner-sidecar</h1>
  <span id="state" class="state none" role="status">Connecting</span>
  <span id="about" class="about push"></span>
  <button id="pause" class="quiet" type="button" aria-pressed="false">Pause</button>
</header>
<div id="notice" class="notice" role="alert" hidden></div>
<main id="main">
  <dl class="figures">
    <div><dt>Calls a second</dt><dd id="rate">–</dd></div>
    <div><dt>Median</dt><dd id="p50">–</dd></div>
    <div><dt>99th percentile</dt><dd id="p99">–</dd></div>
    <div><dt>Failed a second (5xx)</dt><dd id="failed">–</dd></div>
    <div><dt>In flight</dt><dd id="active">–</dd></div>
    <div><dt>Queued</dt><dd id="queued">–</dd></div>
  </dl>
  <div class="pair">
    <section class="sheet" aria-labelledby="h-rate">
      <div class="head"><h2 id="h-rate">Calls a second</h2>
        <span class="keys">
          <span class="key" style="--c:var(--accent)"><i></i>answered</span>
          <span class="key" style="--c:var(--bad)"><i></i>failed</span>
        </span></div>
      <div class="chart" id="rate-chart" tabindex="0" role="img"></div>
    </section>
    <section class="sheet" aria-labelledby="h-latency">
      <div class="head"><h2 id="h-latency">Latency</h2>
        <span class="keys">
          <span class="key" style="--c:var(--p50)"><i></i>p50</span>
          <span class="key" style="--c:var(--p90)"><i></i>p90</span>
          <span class="key" style="--c:var(--p99)"><i></i>p99</span>
        </span></div>
      <div class="chart" id="latency-chart" tabindex="0" role="img"></div>
    </section>
  </div>
  <div class="pair">
    <section class="sheet" aria-labelledby="h-stages">
      <div class="head"><h2 id="h-stages">Where the time goes</h2><span class="aside" id="stage-sum"></span></div>
      <div class="bar" id="bar" aria-hidden="true"></div>
      <div class="stages" id="stages"></div>
    </section>
    <section class="sheet" aria-labelledby="h-workers">
      <div class="head"><h2 id="h-workers">Node workers</h2><span class="aside" id="worker-sum"></span></div>
      <div id="workers"></div>
    </section>
  </div>
  <section class="sheet block" aria-labelledby="h-tasks">
    <div class="head"><h2 id="h-tasks">Tasks and events</h2>
      <span class="aside">percentiles of the last minute; grey: no call in the last minute, since the start</span></div>
    <div id="tasks"></div>
  </section>
  <section class="sheet block" aria-labelledby="h-failures">
    <div class="head"><h2 id="h-failures">Failures</h2><span class="aside" id="failure-sum"></span></div>
    <div id="failures"></div>
  </section>
</main>
<footer id="footer"></footer>
<script>
'use strict';
// Polls stats.json once a second; its numbers only grow, so what is shown is the difference between two answers.
// Ids and reasons come from elsewhere: they become text, never markup.
const HISTORY_SECONDS = 180;
// Rates and means are of so many seconds, and percentiles of the tasks of so many: few calls make no steady percentile.
const RATE_SECONDS = 10;
const PERCENTILE_SECONDS = 60;
const ABSENT = '–';
const STAGES = {
  receive: 'request coming in', validate: 'route, token, JSON', queue: 'for a free worker',
  worker: 'bridge and task', send: 'answer going out',
};
const history = [];
/** Answers of the last minute, the oldest first. */
const answers = [];
let last = null;
let paused = false;
let failingSince = null;
let sort = { column: 'rate', descending: true };
const $ = (id) => document.getElementById(id);

// ---- Making elements

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === 'style') made.style.cssText = value; else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function shape(name, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** An id, which may break after its dots rather than anywhere. */
function breakable(id) {
  return id.split('.').flatMap((part, index, all) => (index < all.length - 1 ? [`${part}.`, element('wbr')] : [part]));
}

// ---- Numbers as people read them

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const two = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const dayTime = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const clockTime = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});

function duration(nanoseconds) {
  if (nanoseconds === null || nanoseconds === undefined) return [ABSENT, ''];
  for (const [size, unit] of [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs']]) {
    if (nanoseconds >= size * 0.9995) return [three.format(nanoseconds / size), unit];
  }
  // What took no time at all is counted in the first cell, which ends at 1 ns.
  return nanoseconds > 1 ? [two.format(nanoseconds / 1000), 'µs'] : ['0', ''];
}

function bytes(count) {
  for (const [size, unit] of [[2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']]) {
    if (count >= size) return `${three.format(count / size)} ${unit}`;
  }
  return `${grouped.format(count)} B`;
}

function rateText(rate) {
  if (rate === null) return ABSENT;
  return rate > 0 && rate < 10 ? two.format(rate) : grouped.format(rate);
}
const spaced = (pair) => (pair[1] ? pair.join('\u202f') : pair[0]);

function span(seconds) {
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

function show(id, pair) {
  $(id).replaceChildren(pair[0], ...(pair[1] ? [element('small', null, pair[1])] : []));
}

// ---- The difference between two answers

// The longest duration of a cell, in nanoseconds: two significant decimal digits, as the front counts.
function cellBound(cell) {
  if (cell < 100) return cell + 1;
  const decade = Math.floor((cell - 10) / 90);
  return (cell - decade * 90 + 1) * 10 ** decade;
}

function percentile(cells, count, fraction) {
  if (!count) return null;
  let rest = Math.max(1, Math.ceil(count * fraction));
  for (const [cell, number] of cells) {
    rest -= number;
    if (rest <= 0) return cellBound(cell);
  }
  return null;
}

/** What was counted between two answers, by cell. */
function between(before, after) {
  const counted = new Map(before);
  return after.map(([cell, number]) => [cell, number - (counted.get(cell) || 0)]).filter((pair) => pair[1] > 0);
}

const countIn = (cells) => cells.reduce((sum, pair) => sum + pair[1], 0);
const secondsBetween = (before, after) => Math.max(0.05, (after.time - before.time) / 1000);

function difference(before, after) {
  const seconds = secondsBetween(before, after);
  const cells = between(before.calls.cells, after.calls.cells);
  const count = countIn(cells);
  return {
    time: after.time,
    rate: count / seconds, failed: (after.calls.failed - before.calls.failed) / seconds,
    p50: percentile(cells, count, 0.5), p90: percentile(cells, count, 0.9), p99: percentile(cells, count, 0.99),
    cpu: (after.process.cpu - before.process.cpu) / 1e6 / seconds,
  };
}

/** The answer of so many seconds ago, or the oldest since then; null while there is none but the newest. */
function ago(stats, seconds) {
  return answers.find((answer) => answer.time >= stats.time - seconds * 1000 - 500 && answer.time < stats.time) || null;
}

/** How often something was counted a second, of late; null while that is not known. */
function rate(stats, list, item, isSame, field, seconds = RATE_SECONDS) {
  const before = ago(stats, seconds);
  if (!before) return null;
  const known = before[list].find((other) => isSame(other, item));
  return Math.max(0, item[field] - (known ? known[field] : 0)) / secondsBetween(before, stats);
}

// ---- Charts

function niceCeiling(value) {
  if (value <= 5) return 5;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * unit).find((step) => step >= value);
}

class Chart {
  constructor(id, lines, options) {
    this.box = $(id);
    this.lines = lines;
    this.options = options;
    this.cursor = null;
    this.tip = element('div', { class: 'tip', hidden: '' });
    this.svg = shape('svg', { 'aria-hidden': 'true' });
    this.box.append(this.svg, this.tip);
    this.box.addEventListener('pointermove', (event) => {
      const box = this.box.getBoundingClientRect();
      this.point(this.nearest(event.clientX - box.left));
    });
    this.box.addEventListener('pointerleave', () => this.point(null));
    this.box.addEventListener('blur', () => this.point(null));
    this.box.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
      const visible = history.length;
      if (event.key === 'Escape') return this.point(null);
      if (!step || !visible) return undefined;
      event.preventDefault();
      const at = this.cursor === null ? visible : history.findIndex((entry) => entry.time === this.cursor);
      return this.point(history[Math.min(visible - 1, Math.max(0, at + step))].time);
    });
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  point(time) {
    this.cursor = time;
    this.draw();
  }

  nearest(x) {
    let best = null;
    for (const entry of history) {
      if (best === null || Math.abs(this.x(entry.time) - x) < Math.abs(this.x(best) - x)) best = entry.time;
    }
    return best;
  }

  x(time) {
    const end = history.length ? history[history.length - 1].time : 0;
    return this.left + (1 - (end - time) / (HISTORY_SECONDS * 1000)) * (this.width - this.left);
  }

  draw() {
    this.width = this.box.clientWidth;
    this.height = this.box.clientHeight;
    this.left = 48;
    const floor = this.height - 20;
    const scale = this.options.scale(history);
    const y = (value) => floor - scale.position(value) * (floor - 10);
    const drawn = [];
    for (const [value, label] of scale.ticks) {
      const at = Math.round(y(value)) + 0.5;
      drawn.push(shape('line', { class: 'grid', x1: this.left, x2: this.width, y1: at, y2: at }));
      drawn.push(shape('text', { x: this.left - 8, y: at + 4, 'text-anchor': 'end' }, label));
    }
    for (const minutes of [3, 2, 1, 0]) {
      const at = this.left + (1 - minutes * 60 / HISTORY_SECONDS) * (this.width - this.left);
      const words = minutes ? `${minutes} min` : 'now';
      const anchor = { 3: 'start', 0: 'end' }[minutes] || 'middle';
      drawn.push(shape('text', { x: at, y: this.height - 2, 'text-anchor': anchor }, words));
    }
    for (const line of this.lines) drawn.push(...this.path(line, y, floor));
    if (this.cursor !== null) {
      const at = this.x(this.cursor);
      drawn.push(shape('line', { class: 'cursor', x1: at, x2: at, y1: 4, y2: floor }));
    }
    this.svg.replaceChildren(...drawn);
    this.describe();
  }

  path(line, y, floor) {
    let d = '';
    let open = false;
    let start = 0;
    let area = '';
    let previous = null;
    const isZero = (at) => at < 0 || at >= history.length || history[at][line.field] === 0;
    for (const [at, entry] of history.entries()) {
      // A red line along the floor would look as if something were wrong.
      const hidden = line.hidesZeros && isZero(at - 1) && isZero(at) && isZero(at + 1);
      const value = hidden ? null : entry[line.field];
      // A second without calls has no percentile, and a pause in polling no rate: a gap, not a line across.
      const gap = value === null || (previous !== null && entry.time - previous > 5000);
      if (gap && open) {
        area += `L${this.x(previous)} ${floor}L${start} ${floor}Z`;
        open = false;
      }
      if (value !== null) {
        const x = this.x(entry.time).toFixed(1);
        const step = `${open ? 'L' : 'M'}${x} ${y(value).toFixed(1)}`;
        if (!open) start = x;
        d += step;
        area += step;
        open = true;
        previous = entry.time;
      }
    }
    if (open) area += `L${this.x(previous)} ${floor}L${start} ${floor}Z`;
    const shapes = [shape('path', { d, style: `stroke:${line.color}` })];
    if (line.fill) shapes.unshift(shape('path', { d: area, style: `fill:${line.fill};stroke:none` }));
    return shapes;
  }

  describe() {
    const newest = history[history.length - 1];
    const says = (entry) => this.lines.map((line) => `${line.name} ${this.options.text(entry[line.field])}`).join(', ');
    const entry = this.cursor === null ? null : history.find((other) => other.time === this.cursor);
    const time = entry ? clockTime.format(entry.time) : 'Now';
    const words = newest ? `. ${time}: ${says(entry || newest)}. Arrow keys move through time.` : '';
    this.box.setAttribute('aria-label', this.options.label + words);
    this.tip.hidden = !entry;
    if (!entry) return;
    this.tip.replaceChildren(element('time', null, clockTime.format(entry.time)),
      ...this.lines.map((line) => element('div', null, line.name,
        element('b', { style: `color:${line.color}` }, this.options.text(entry[line.field])))));
    const at = this.x(entry.time);
    const room = this.tip.offsetWidth + 12;
    this.tip.style.left = `${at + room > this.width ? at - room : at + 12}px`;
  }
}

const rateChart = new Chart('rate-chart', [
  { field: 'rate', name: 'answered', color: 'var(--accent)', fill: 'var(--accent-wash)' },
  { field: 'failed', name: 'failed', color: 'var(--bad)', hidesZeros: true },
], {
  label: 'Calls a second over the last three minutes',
  text: (value) => rateText(value),
  scale(entries) {
    const top = niceCeiling(Math.max(1, ...entries.map((entry) => entry.rate)));
    const short = (value) => (top >= 10000 ? `${three.format(value / 1000)}k` : grouped.format(value));
    const middle = top === 5 ? '2.5' : short(top / 2);
    return { position: (value) => value / top, ticks: [[0, '0'], [top / 2, middle], [top, short(top)]] };
  },
});

const latencyChart = new Chart('latency-chart', [
  { field: 'p99', name: 'p99', color: 'var(--p99)' },
  { field: 'p90', name: 'p90', color: 'var(--p90)' },
  { field: 'p50', name: 'p50', color: 'var(--p50)' },
], {
  label: 'Latency percentiles over the last three minutes',
  text: (value) => spaced(duration(value)),
  // Logarithmic: a percentile ten times as long is one step higher, and small ones stay visible.
  scale(entries) {
    const values = entries.flatMap((entry) => [entry.p50, entry.p99]).filter((value) => value !== null);
    const low = Math.floor(Math.log10(Math.min(...values, 1e5)));
    const high = Math.max(low + 2, Math.ceil(Math.log10(Math.max(...values, 1e6))));
    const ticks = [];
    for (let power = low; power <= high; power += 1) ticks.push([10 ** power, spaced(duration(10 ** power))]);
    return { position: (value) => (Math.log10(Math.max(value, 1)) - low) / (high - low), ticks };
  },
});

// ---- Sections

function showHead(stats) {
  const state = $('state');
  const since = Math.max(0, (stats.time - stats.front.started) / 1000);
  state.className = `state ${stats.ready.ok ? 'good' : stats.ready.reasons.includes('draining') ? 'warn' : 'bad'}`;
  const words = stats.ready.ok ? 'Ready' : `Not ready: ${stats.ready.reasons.join(', ')}`;
  // Only when it changes, since it is announced.
  if (state.textContent !== words) state.textContent = words;
  const { version, basePath, pid, loops } = stats.front;
  const facts = [version, basePath, `pid ${pid}`, `${loops} ${loops === 1 ? 'loop' : 'loops'}`, `up ${span(since)}`];
  $('about').textContent = facts.join(' · ');
  document.title = stats.ready.ok ? 'runner-sidecar' : '● runner-sidecar, not ready';
}

function showFigures(stats, now) {
  show('rate', [rateText(now ? now.rate : null), '']);
  show('p50', duration(now ? now.p50 : null));
  show('p99', duration(now ? now.p99 : null));
  show('failed', [rateText(now ? now.failed : null), '']);
  $('failed').className = now && now.failed > 0 ? 'bad' : '';
  show('active', [grouped.format(stats.now.requests), '']);
  show('queued', [grouped.format(stats.now.queued), '']);
  $('queued').className = stats.now.queued > 0 ? 'warn' : '';
}

function showStages(stats) {
  const before = ago(stats, RATE_SECONDS);
  const stages = stats.stages.map(({ name, count, total, cells }, index) => {
    if (!before) return { name, mean: null, p99: null };
    const recent = between(before.stages[index].cells, cells);
    const number = count - before.stages[index].count;
    const mean = number ? (total - before.stages[index].total) / number : null;
    return { name, mean, p99: percentile(recent, countIn(recent), 0.99) };
  });
  const sum = stages.reduce((whole, stage) => whole + (stage.mean || 0), 0);
  const nothing = before ? `no calls in the last ${RATE_SECONDS} s` : '';
  $('stage-sum').textContent = sum ? `last ${RATE_SECONDS} s: ${spaced(duration(sum))} a call` : nothing;
  $('bar').replaceChildren(...stages.filter((stage) => stage.mean).map((stage) =>
    element('i', { style: `--c:var(--${stage.name});flex:${stage.mean / sum} 1 0` })));
  const cell = (text, name) => element('span', { class: name }, text);
  $('stages').replaceChildren(
    element('div', null, cell('', ''), cell('', ''), cell('', 'what'), cell('mean', 'num'), cell('p99', 'num')),
    ...stages.map((stage) => element('div', null, element('i', { class: 'dot', style: `--c:var(--${stage.name})` }),
      cell(stage.name, ''), cell(STAGES[stage.name] || '', 'what'), cell(spaced(duration(stage.mean)), 'num'),
      cell(spaced(duration(stage.p99)), 'num'))));
}

function table(columns, rows, empty) {
  if (!rows.length) return element('p', { class: 'empty' }, empty);
  return element('table', null,
    element('thead', null, element('tr', null,
      ...columns.map(([title, name]) => element('th', { scope: 'col', class: name || '' }, title)))),
    element('tbody', null, ...rows.map((row) => element('tr', null, ...row.map((content, index) =>
      element('td', { class: columns[index][1] || '' }, ...(Array.isArray(content) ? content : [content])))))));
}

const TONES = { ready: 'good', unresponsive: 'bad', draining: 'warn' };

function showWorkers(stats) {
  const most = Math.max(8, ...stats.workers.map((worker) => worker.inFlight));
  const ready = stats.workers.filter((worker) => worker.state === 'ready').length;
  $('worker-sum').textContent = stats.workers.length ? `${ready} of ${stats.workers.length} ready` : '';
  $('workers').replaceChildren(table(
    [['Worker'], ['In flight'], ['Calls/s', 'roomy'], ['Loop lag'], ['State']],
    stats.workers.map((worker) => [
      [`pid ${worker.pid}`, element('span', { class: 'sub' }, memory(worker)),
        element('span', { class: 'sub wide' }, versions(worker))],
      [element('span', { class: 'load', 'aria-hidden': 'true' },
        element('i', { style: `width:${100 * worker.inFlight / most}%` })),
        element('span', { class: 'count' }, grouped.format(worker.inFlight))],
      rateText(rate(stats, 'workers', worker, (a, b) => a.id === b.id, 'calls', 1)),
      [lag(worker), busy(worker)],
      [element('span', { class: TONES[worker.state] }, worker.state)],
    ]), 'No Node process is connected. Calls wait for one for as long as --worker-wait says.'));
}

const versions = ({ node, runner }) =>
  [node && `Node ${node}`, runner && `runner ${runner}`].filter(Boolean).join(', ');

const memory = (worker) =>
  (worker.memory === null ? '' : `${bytes(worker.memory)}, heap ${bytes(worker.heapUsed)}`);

/** The share of time in which its event loop was busy: near 100 % it takes no more. */
function busy(worker) {
  const percent = worker.busy / 10000;
  const tone = percent > 95 ? 'bad' : percent > 80 ? 'warn' : '';
  return element('span', { class: `sub ${tone}` }, worker.busy === null ? '' : `${Math.round(percent)} % busy`);
}

/** One that does not answer is at least as late as its last sign of life is old. */
function lag(worker) {
  const microseconds = worker.state === 'unresponsive' ? worker.pong * 1000 : worker.lag;
  const tone = microseconds > 100000 ? 'bad' : microseconds > 20000 ? 'warn' : '';
  const bound = worker.state === 'unresponsive' ? '≥\u202f' : '';
  return element('span', { class: tone }, bound + spaced(duration(microseconds * 1000)));
}

const TASK_COLUMNS = [
  ['id', 'Id', ''], ['rate', 'Calls/s', ''], ['calls', 'Calls', 'wide'], ['failed', 'Failed', ''],
  ['p50', 'p50', 'wide'], ['p99', 'p99', ''],
];

const isSameTask = (a, b) => a.kind === b.kind && a.id === b.id;

/** A task with its rate and the percentiles of the last minute; `isOld`: it had no call, they are since the start. */
function recently(stats, task) {
  const before = ago(stats, PERCENTILE_SECONDS);
  const known = before && before.tasks.find((other) => isSameTask(other, task));
  const cells = before ? between(known ? known.cells : [], task.cells) : [];
  const count = countIn(cells);
  const percentiles = count
    ? { p50: percentile(cells, count, 0.5), p99: percentile(cells, count, 0.99) }
    : { p50: task.p50, p99: task.p99 };
  return { ...task, ...percentiles, isOld: !count, rate: rate(stats, 'tasks', task, isSameTask, 'calls') };
}

function showTasks(stats) {
  const rows = stats.tasks.map((task) => recently(stats, task));
  const direction = sort.descending ? -1 : 1;
  rows.sort((a, b) => {
    const [x, y] = [a[sort.column], b[sort.column]];
    const order = sort.column === 'id' ? String(x).localeCompare(String(y)) : (x || 0) - (y || 0);
    return order * direction || b.calls - a.calls;
  });
  const nameless = (kind) => (kind === 'discovery' ? 'discovery' : `all other ${kind}s`);
  const name = (task) => [...breakable(task.id === null ? nameless(task.kind) : task.id),
    ...(task.kind === 'event' && task.id !== null ? [element('small', null, ' event')] : [])];
  const built = table(TASK_COLUMNS.map(([, title, className]) => [title, className]), rows.map((task) => [
    name(task), rateText(task.rate), grouped.format(task.calls),
    [element('span', { class: task.failed ? 'bad' : 'none' }, grouped.format(task.failed))],
    ...[task.p50, task.p99].map((time) =>
      [element('span', { class: task.isOld ? 'none' : '' }, spaced(duration(time)))]),
  ]), 'No call has been answered yet.');
  // The button that has the focus is about to be replaced by its successor.
  const { column: focused } = (document.activeElement || document.body).dataset;
  built.querySelectorAll('th').forEach((head, index) => {
    const [column, title] = TASK_COLUMNS[index];
    const button = element('button', { type: 'button', 'data-column': column }, title);
    button.addEventListener('click', () => {
      sort = { column, descending: sort.column === column ? !sort.descending : column !== 'id' };
      showTasks(stats);
    });
    if (sort.column === column) head.setAttribute('aria-sort', sort.descending ? 'descending' : 'ascending');
    head.replaceChildren(button);
  });
  $('tasks').replaceChildren(built);
  if (focused) {
    const successor = built.querySelector(`[data-column="${focused}"]`);
    if (successor) successor.focus();
  }
}

function targetName({ kind, id }) {
  if (id !== null) return id;
  const named = { unmatched: 'no known target', listener: "the app's listener", discovery: 'discovery' };
  return named[kind] || `another ${kind}`;
}

/** Where failures of a kind were met of late, the most frequent first. */
function targetsOf(stats, failure) {
  const counts = new Map();
  for (const other of stats.recent) {
    if (other.side === failure.side && other.reason === failure.reason) {
      counts.set(targetName(other), (counts.get(targetName(other)) || 0) + 1);
    }
  }
  // What there is not has no target: the ids that were asked for last say more.
  const isUnknown = ['not_found', 'not_exposed', 'forbidden'].includes(failure.reason) && stats.unknown.length > 0;
  const names = isUnknown ? stats.unknown.map(({ id }) => id)
    : [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  if (!names.length && failure.last) names.push(targetName(failure.last));
  return names.length > 2 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ');
}

// A row a cause, not a row a failure: a flood of one kind would hide all others.
function showFailures(stats) {
  const bySide = new Map();
  for (const failure of stats.failures) bySide.set(failure.side, (bySide.get(failure.side) || 0) + failure.count);
  const parts = [...bySide].sort((a, b) => b[1] - a[1]).map(([side, count]) => `${side} ${grouped.format(count)}`);
  $('failure-sum').textContent = parts.length ? `since the start: ${parts.join(' · ')}` : '';
  const isSame = (a, b) => a.side === b.side && a.reason === b.reason;
  const timeOf = (failure) => (failure.last ? failure.last.time : 0);
  const rows = [...stats.failures].sort((a, b) => timeOf(b) - timeOf(a) || b.count - a.count).map((failure) => {
    const now = rate(stats, 'failures', failure, isSame, 'count');
    const status = failure.last ? String(failure.last.status) : ABSENT;
    const where = targetsOf(stats, failure);
    return [
      [failure.reason, element('span', { class: 'sub narrow' }, `${status} · `, ...breakable(where))],
      [element('span', { class: `side ${failure.side}` }, failure.side)], status, breakable(where),
      [element('span', { class: now ? failure.side === 'client' ? '' : 'bad' : 'none' }, rateText(now))],
      grouped.format(failure.count), failure.last ? when(failure.last.time, stats.time) : ABSENT,
    ];
  });
  $('failures').replaceChildren(table(
    [['Reason'], ['Side', 'left'], ['Status', 'left wide'], ['Where', 'left wide where'],
      ['A second'], ['In all', 'wide'], ['Last']], rows, 'None. Failures show here with the side that caused them.'));
}

/** The time of day today; the day before. */
const when = (time, now) => (now - time < 86_400_000 ? clockTime : dayTime).format(time);

function showFooter(stats, now) {
  const fact = (name, value) => element('span', null, `${name} `, element('b', null, value));
  const limit = stats.process.maxDescriptors ? ` of ${grouped.format(stats.process.maxDescriptors)}` : '';
  const link = (path) => element('a', { href: path }, path.slice(1));
  $('footer').replaceChildren(
    fact('CPU', now ? `${three.format(now.cpu * 100)} %` : ABSENT), fact('Memory', bytes(stats.process.memory)),
    fact('Descriptors', grouped.format(stats.process.descriptors) + limit),
    fact('Connections', grouped.format(stats.now.connections)), fact('Streams', grouped.format(stats.now.streams)),
    fact('Front loop lag p99', spaced(duration(stats.lag.front.p99))),
    element('span', { class: 'push' }, link('/metrics'), ' · ', link('/workers'), ' · ', link('/config')));
}

// ---- The clockwork

/** What the front kept of the last minutes. Without it the charts begin empty, and that is all. */
async function past() {
  try {
    const answer = await fetch('history.json', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    if (!answer.ok) return;
    const { entries } = await answer.json();
    for (const { time, milliseconds, failed, cpu, cells } of entries) {
      const seconds = milliseconds / 1000;
      const count = countIn(cells);
      history.push({
        time, rate: count / seconds, failed: failed / seconds, cpu: cpu / 1e6 / seconds,
        p50: percentile(cells, count, 0.5), p90: percentile(cells, count, 0.9), p99: percentile(cells, count, 0.99),
      });
    }
  } catch {
    history.length = 0;
  }
}

function take(stats) {
  // Another start is another history, as its counters begin anew; so is a clock that was set back.
  const isNewHistory = last && (last.front.started !== stats.front.started || stats.time < last.time);
  if (isNewHistory || (last && stats.calls.count < last.calls.count)) {
    last = null;
    history.length = 0;
    answers.length = 0;
  }
  if (last && stats.time === last.time) return;
  if (last) history.push(difference(last, stats));
  while (history.length && history[0].time < stats.time - HISTORY_SECONDS * 1000) history.shift();
  answers.push(stats);
  while (answers[0].time < stats.time - (PERCENTILE_SECONDS + 1) * 1000) answers.shift();
  const now = history.length ? history[history.length - 1] : null;
  showHead(stats);
  showFigures(stats, now);
  rateChart.draw();
  latencyChart.draw();
  showStages(stats);
  showWorkers(stats);
  showTasks(stats);
  showFailures(stats);
  showFooter(stats, now);
  last = stats;
}

async function poll() {
  const began = performance.now();
  if (!paused) {
    try {
      const answer = await fetch('stats.json', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const stats = await answer.json();
      failingSince = null;
      $('notice').hidden = true;
      document.body.classList.remove('stale');
      if (!paused) take(stats);
    } catch (error) {
      if (failingSince === null) {
        failingSince = Date.now();
        $('notice').textContent = `The front has not answered since ${clockTime.format(failingSince)}. `
          + `${last ? 'What is below is from then. ' : ''}Trying again every second.`;
        $('notice').hidden = false;
        $('state').className = 'state bad';
        $('state').textContent = 'No answer';
        document.title = '● runner-sidecar, no answer';
        document.body.classList.add('stale');
      }
    }
  }
  setTimeout(poll, Math.max(100, 1000 - (performance.now() - began)));
}

$('pause').addEventListener('click', () => {
  paused = !paused;
  $('pause').setAttribute('aria-pressed', String(paused));
  $('pause').textContent = paused ? 'Go on' : 'Pause';
});
past().then(poll);
</script>
</body>
</html>
"""##
}
