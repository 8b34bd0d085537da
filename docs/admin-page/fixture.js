'use strict';
// Serves page.html with invented numbers, for working on the page without a front:
//   node docs/admin-page/fixture.js [port] [calm|trouble|empty]
// With HISTORY=170 the page polls as fast as it can until its charts hold that many seconds.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { version } = require('../../node-shim/package.json');

const port = Number(process.argv[2] || 7090);
const mood = process.argv[3] || 'calm';

let seed = 42;
function random() {
  seed = (seed * 1664525 + 1013904223) % 4294967296;
  return seed / 4294967296;
}

/** The cell of a duration, as Sources/Metrics/DurationScale.swift has it. */
function cellOf(nanoseconds) {
  let rest = Math.max(0, Math.floor(nanoseconds) - 1);
  let cell = 0;
  while (rest >= 100) {
    rest = Math.floor(rest / 10);
    cell += 90;
  }
  return Math.min(999, cell + rest);
}

/** How often each cell was met. */
class Cells extends Map {
  add(nanoseconds, number) {
    const cell = cellOf(nanoseconds);
    this.set(cell, (this.get(cell) || 0) + number);
  }

  list() {
    return [...this].filter(([, number]) => number > 0).sort((a, b) => a[0] - b[0]);
  }
}

const tasks = [
  ['task', 'app.tasks.add', 0.5, 60e3], ['task', 'app.tasks.orders.search', 0.2, 1.9e6],
  ['task', 'app.tasks.users.byId', 0.16, 410e3], ['event', 'app.events.orderPlaced', 0.08, 90e3],
  ['task', 'app.tasks.reports.monthlyRevenueByRegionAndProduct', 0.01, 84e6],
  ['task', 'app.tasks.mail.send', 0.04, 22e6], ['discovery', null, 0.01, 70e3],
].map(([kind, id, share, typical]) => ({ kind, id, share, typical, calls: 0, failed: 0, cells: new Cells() }));
const stages = [['receive', 0], ['validate', 1.4e3], ['queue', 6e3], ['worker', 118e3], ['send', 14e3]]
  .map(([name, typical]) => ({ name, typical, count: 0, total: 0, cells: new Cells() }));
const reasons = [
  ['client', 'payload_too_large', 413, 'task', 'app.tasks.mail.send'],
  ['front', 'overloaded', 503, 'task', 'app.tasks.add'],
  ['worker', 'worker_lost', 502, 'task', 'app.tasks.orders.search'],
  ['task', 'threw', 500, 'task', 'app.tasks.mail.send'],
  ['client', 'unauthorized', 401, 'unmatched', null],
].map(([side, reason, status, kind, id]) => ({ side, reason, status, kind, id, count: 0, last: null }));
const cells = new Cells();
const started = Date.now() - 9_300_000;
const recent = [];
const begun = Date.now() - 200_000;
let time = begun;
let total = 0;
let count = 0;
let failed = 0;

function second() {
  const wave = 1 + 0.25 * Math.sin(time / 31_000) + 0.08 * (random() - 0.5);
  const calls = mood === 'empty' ? 0 : Math.round(4200 * wave);
  // It comes and goes; when the fixture starts it has just begun.
  const trouble = mood === 'trouble' && (time - begun) % 60_000 < 20_000;
  for (const task of tasks) {
    const mine = Math.round(calls * task.share);
    task.calls += mine;
    for (let batch = 0; batch < 40; batch += 1) {
      const outlier = (random() < 0.02 ? 6 : 1) * (trouble ? 9 : 1);
      const spread = Math.exp((random() + random() + random() - 1.5) * 1.3) * outlier;
      const nanoseconds = task.typical * spread + 50e3;
      const number = mine / 40;
      const whole = Math.floor(number) + (random() < number % 1 ? 1 : 0);
      cells.add(nanoseconds, whole);
      task.cells.add(nanoseconds, whole);
      count += whole;
      total += whole * nanoseconds;
    }
  }
  for (const stage of stages) {
    const typical = stage.typical * (0.9 + random() * 0.2) * (trouble && stage.name === 'queue' ? 30 : 1);
    stage.count += calls;
    stage.total += calls * typical;
    stage.cells.add(typical, calls);
  }
  if (mood !== 'empty' && random() < (trouble ? 1 : 0.05)) {
    // In trouble one after another, so that none is missing for long.
    const failure = reasons[trouble ? (time - begun) / 1000 % reasons.length : Math.floor(random() * reasons.length)];
    const { side, reason, status, kind, id } = failure;
    const number = trouble ? 1 + Math.floor(random() * 90) : 1;
    failure.count += number;
    failure.last = { time, status, kind, id };
    if (status >= 500) failed += number;
    const task = tasks.find((other) => other.id === id);
    if (task && status >= 500) task.failed += number;
    recent.unshift({ time, side, reason, status, kind, id });
    recent.length = Math.min(recent.length, 50);
  }
  time += 1000;
}

/** What stats.json of a front says; see Sources/Metrics/StatsJSON.swift. */
function stats() {
  const trouble = mood === 'trouble';
  const worker = (pid, state, inFlight, lag) => ({
    id: `w${pid}`, pid, node: '20.20.2', runner: '4.8.6', state, inFlight, lag,
    calls: Math.round(count * (pid % 7) / 12), pong: state === 'unresponsive' ? 7_340 : 210,
    memory: (90 + pid % 7 * 20) << 20, heapUsed: (40 + pid % 7 * 12) << 20, heapTotal: (64 + pid % 7 * 12) << 20,
    busy: state === 'unresponsive' ? 998_000 : 310_000 + pid % 7 * 40_000,
  });
  const workers = [
    worker(4101, 'ready', 9, 840), worker(4102, 'ready', 6, 1210),
    worker(4103, trouble ? 'unresponsive' : 'ready', 17, trouble ? 164_000 : 610),
  ];
  return {
    version: 1, time, front: { version, pid: 1, loops: 2, basePath: '/__runner', started },
    ready: mood === 'calm' ? { ok: true, reasons: [] } : { ok: false, reasons: [trouble ? 'draining' : 'no worker'] },
    calls: { count, failed, total: Math.round(total), cells: cells.list() },
    stages: stages.map((stage) =>
      ({ ...stage, total: Math.round(stage.total), p99: stage.typical * 5, cells: stage.cells.list() })),
    now: {
      connections: 311, requests: 14 + Math.floor(random() * 20), queued: trouble ? 37 : 0, queuedBytes: 0, streams: 3,
    },
    bytes: { streamReceived: 1e8, streamSent: 3e8, bridgeReceived: 4e8, bridgeSent: 5e8 },
    process: {
      cpu: Math.round((time - started) * 310), memory: 9_437_184, descriptors: 338, maxDescriptors: 1_048_576,
    },
    lag: { front: { p99: 82_000, max: 4e6 }, node: { p99: 2.2e6, max: 61e6 } },
    workers: mood === 'empty' ? [] : workers,
    tasks: tasks.filter((task) => task.calls).map((task) =>
      ({ ...task, p50: task.typical, p99: task.typical * 6.1, cells: task.cells.list() })),
    failures: reasons.filter((failure) => failure.count),
    recent,
    unknown: [],
  };
}

const toFill = Number(process.env.HISTORY || 0);
/** What history.json of a front says; see Sources/Metrics/StatsHistory.swift. */
const past = Array.from({ length: toFill > 0 ? 0 : 60 }, (_, index) => ({
  time: begun - (60 - index) * 2000, milliseconds: 2000, failed: 0, cpu: 600_000 + index * 1000,
  cells: [[cellOf(180e3), 7000 + index * 20], [cellOf(420e3), 1200], [cellOf(2e6), 100]],
}));
const server = http.createServer((request, response) => {
  if (request.url === '/stats.json') {
    second();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(stats()));
  } else if (request.url === '/history.json') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ entries: past }));
  } else if (request.url === '/') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    const page = fs.readFileSync(path.join(__dirname, 'page.html'), 'utf8');
    // Only the fixture polls faster: what takes three minutes to gather is there in seconds.
    const pause = 'Math.max(100, 1000 - (performance.now() - began))';
    response.end(toFill > 0 ? page.replace(pause, `(history.length < ${toFill} ? 1 : 1000)`) : page);
  } else {
    response.statusCode = 404;
    response.end();
  }
});
server.listen(port, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}/ (${mood})\n`));
