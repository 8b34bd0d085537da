'use strict';

// docs/operating.md names everything that a front shows, and nothing that it does not: metrics and their labels,
// reasons of failures, endpoints, log messages and fields, reasons for not being ready.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { callBytes, exchangeOnce } = require('../Tests/support/http-request.js');
const { withPair } = require('../Tests/support/pair.js');
const { ROOT } = require('../Tests/support/project.js');
const { waitUntil } = require('../Tests/support/wait-until.js');

const APP = path.join(ROOT, 'Tests', 'Operate', 'app.js');
const operating = fs.readFileSync(path.join(__dirname, 'operating.md'), 'utf8');

/** The text under a heading, up to the next of its level or above. */
function section(heading) {
  const [, level] = /^(#+)/.exec(heading);
  const start = operating.indexOf(`\n${heading}\n`);
  assert.ok(start >= 0, `docs/operating.md has ${heading}`);
  const text = operating.slice(start + heading.length + 2);
  const end = text.search(new RegExp(`^#{1,${level.length}} `, 'm'));
  return end < 0 ? text : text.slice(0, end);
}

const codesIn = (text) => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code);

/** The rows of the table that begins with `head`, as the texts of their cells. */
function tableOf(text, head) {
  const start = text.indexOf(head);
  assert.ok(start >= 0, `there is a table ${head}`);
  const lines = text.slice(start).split('\n');
  const length = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, length < 0 ? undefined : length)
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}

const sorted = (items) => [...new Set(items)].sort();

const TIMEOUT = { timeout: 30_000 };

/** A pair that has seen calls, failures and requests with ids: it shows all that can be shown. */
function withBusyPair(use) {
  const frontOptions = [
    '--access-log', 'all', '--log-format', 'json', '--trace', 'on', '--request-id', 'on', '--worker-ping', '100ms',
  ];
  return withPair({ app: APP, frontOptions }, async ({ front }) => {
    for (const id of ['add', 'fail', 'nowhere']) await exchangeOnce(front.port, callBytes(id, { a: 1, b: 2 }));
    await waitUntil('the worker told of its memory', async () => (
      JSON.parse((await front.admin('/workers')).text).workers[0].residentBytes > 0
    ));
    await use(front);
  });
}

test('every metric is documented with its labels, and no other', TIMEOUT, () => withBusyPair(async (front) => {
  const { text } = await front.admin('/metrics');
  const actual = new Map([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => [name, new Set()]));
  for (const [, sample, labels] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const name = actual.has(sample) ? sample : sample.replace(/_(bucket|sum|count)$/, '');
    for (const [, label] of (labels ?? '').matchAll(/(\w+)="/g)) if (label !== 'le') actual.get(name).add(label);
  }
  const documented = new Map();
  for (const [names, labels] of tableOf(section('## Metrics'), '| metric |')) {
    for (const name of codesIn(names)) documented.set(name, codesIn(labels));
  }
  assert.deepEqual(sorted(documented.keys()), sorted(actual.keys()));
  for (const [name, labels] of actual) assert.deepEqual(sorted(documented.get(name)), sorted(labels), name);
}));

test('every reason of a failure is documented with its side, and no other', {
  ...TIMEOUT,
}, () => withBusyPair(async (front) => {
  const actual = [...(await front.metrics()).keys()].flatMap((name) => {
    const match = /^runner_sidecar_failures_total\{side="(.*)",reason="(.*)"\}$/.exec(name);
    return match ? [`${match[1]}/${match[2]}`] : [];
  });
  const documented = tableOf(section('## Reasons of failures'), '| side |')
    .flatMap(([side, reasons]) => codesIn(reasons).map((reason) => `${codesIn(side)[0]}/${reason}`));
  assert.deepEqual(sorted(documented), sorted(actual));
}));

test('every endpoint of the admin listener is documented, and no other', TIMEOUT, () => withBusyPair(async (front) => {
  const { text } = await front.admin('/what-is-here');
  const actual = [...text.matchAll(/^ {2}(\/\S*) /gm)].map(([, name]) => name);
  const documented = tableOf(section('## The admin listener'), '| endpoint |').flatMap(([names]) => codesIn(names));
  assert.deepEqual(sorted(documented.map((name) => name.split(' ')[1])), sorted(actual));
  const { workers } = JSON.parse((await front.admin('/workers')).text);
  const row = tableOf(section('## The admin listener'), '| endpoint |').find(([names]) => names.includes('/workers'));
  for (const field of Object.keys(workers[0])) assert.ok(codesIn(row[1]).includes(field), `${field} of /workers`);
}));

test('every field of the access log is documented, and no other', TIMEOUT, () => withBusyPair(async (front) => {
  const lines = await waitUntil('all lines are there', () => {
    const all = front.child.stderr.split('\n').slice(0, -1).map((line) => JSON.parse(line));
    const found = all.filter(({ message }) => message === 'access');
    return found.length === 3 && found;
  });
  const actual = lines.flatMap(({ time, level, message, ...fields }) => Object.keys(fields));
  const documented = tableOf(section('### The access log'), '| field |').flatMap(([names]) => codesIn(names));
  assert.deepEqual(sorted(documented), sorted(actual));
}));

test('every message that the front logs is documented with its level, and no other', () => {
  const call = /logger\.(info|notice|warning|error)\(\s*"((?:\\\(\w[\w.]*\)|[^"\\])*)"/g;
  const actual = new Map();
  for (const file of fs.readdirSync(path.join(ROOT, 'Sources', 'Sidecar'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.swift')) continue;
    const source = fs.readFileSync(path.join(ROOT, 'Sources', 'Sidecar', file), 'utf8');
    for (const [, level, message] of source.matchAll(call)) actual.set(message.replace(/\\\(.*\)$/, '…'), level);
  }
  assert.ok(actual.size > 15, `${actual.size} messages found`);
  const documented = new Map();
  for (const [messages, levels] of tableOf(section('## Logs'), '| message |')) {
    const names = codesIn(messages);
    const each = levels.split(', ');
    names.forEach((name, index) => documented.set(name, each[index] ?? each[0]));
  }
  documented.delete('access');
  assert.deepEqual([...documented].sort(), [...actual].sort());
});

test('every reason for not being ready is documented, and no other', () => {
  const source = fs.readFileSync(path.join(ROOT, 'Sources', 'Sidecar', 'Server', 'Readiness.swift'), 'utf8');
  const actual = [...source.matchAll(/\(\s*"([a-z_]+)",/g)].map(([, code]) => code);
  const [, sentence] = /Readiness has these reasons: ([^]*?)\n\n/.exec(section('## The admin listener'));
  assert.deepEqual(sorted(codesIn(sentence)), sorted(actual));
});
