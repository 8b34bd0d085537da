'use strict';

/**
 * Where a call's time goes, and how far that is from what it cannot cost less than: tables, and sentences that hold
 * their figures, so that none is typed by hand.
 */

const { figure } = require('../../compare/measure/charts');
const { spreadOf } = require('./results');

const PARTS = ['frontUser', 'frontKernel', 'nodeUser', 'nodeKernel'];
const SIDECARS = { sidecar: '', 'sidecar-runner': ', real runner' };

/** Microseconds of CPU for a call, by part; undefined when it was not measured. */
function costOf({ summary }, caseId, subject) {
  const entry = summary.find((one) => one.case === caseId && one.subject === subject);
  const medians = PARTS.map((part) => entry?.figures[`microseconds.${part}`]?.median);
  if (medians.some((one) => one === undefined)) return undefined;
  const cost = Object.fromEntries(PARTS.map((part, i) => [part, medians[i]]));
  const front = cost.frontUser + cost.frontKernel;
  const node = cost.nodeUser + cost.nodeKernel;
  return { ...cost, front, node, all: front + node };
}

/** The floors of a case: medians of the rounds. */
function floorOf({ floors = [] }, caseId, subject) {
  const rounds = floors.filter((one) => one.case === caseId && one.subject === subject);
  if (rounds.length === 0) return undefined;
  const middle = (read) => spreadOf(rounds.map(read)).median;
  const [parse, run, stringify] = ['parse', 'run', 'stringify'].map((step) => middle((one) => one.job[step]));
  return {
    shimUser: middle((one) => one.shim.user), shim: middle((one) => one.shim.user + one.shim.kernel),
    job: { parse, run, stringify, all: parse + run + stringify },
  };
}

/** @param {object} results @returns {Array<{title: string, heads: string[], rows: string[][]}>} */
function breakdownTables(results) {
  return [costTable(results), floorTable(results), jobTable(results), jsonTable(results)]
    .filter(({ rows }) => rows.length > 0);
}

function costTable(results) {
  const rows = results.cases.flatMap(({ id, title }) => Object.entries(SIDECARS).flatMap(([subject, suffix]) => {
    const cost = costOf(results, id, subject);
    const plain = costOf(results, id, suffix === '' ? 'plain' : 'nodeexposure');
    if (!cost) return [];
    const calls = results.syscalls.find((one) => one.case === id && one.subject === subject);
    return [[
      `${title}${suffix}`, ...PARTS.map((part) => figure(cost[part])), figure(cost.all),
      calls ? `${figure(calls.front)} + ${figure(calls.node)}` : '–', plain ? figure(plain.all) : '–',
    ]];
  }));
  return {
    title: 'Where the time of a call goes, microseconds of CPU; without: plain Node http, or nodeExposure',
    heads: [
      'case', '#front', '#kernel for it', '#shim and task', '#kernel for them', '#all', '#system calls: front + Node',
      '#without the sidecar',
    ],
    rows,
  };
}

function floorTable(results) {
  const alone = costOf(results, 'not-found', 'sidecar');
  const rows = results.cases.flatMap(({ id, title }) => Object.entries(SIDECARS).flatMap(([subject, suffix]) => {
    const cost = costOf(results, id, subject);
    const floor = floorOf(results, id, subject);
    if (!cost || !floor) return [];
    const fits = id === 'add' && alone;
    return [[
      `${title}${suffix}`, fits ? figure(alone.front) : '–', figure(cost.front), figure(floor.shim),
      figure(cost.node), fits ? `${figure(cost.all / (alone.front + floor.shim))}×` : '–',
    ]];
  }));
  return {
    title: 'The floors, microseconds of CPU',
    heads: [
      'case', '#front answering by itself (a 404)', '#front, in a call', '#shim fed without HTTP', '#Node, in a call',
      '#whole call, to the sum of its floors',
    ],
    rows,
  };
}

function jobTable(results) {
  const rows = results.cases.flatMap(({ id, title }) => Object.entries(SIDECARS).flatMap(([subject, suffix]) => {
    const floor = floorOf(results, id, subject);
    if (!floor) return [];
    const { parse, run, stringify, all } = floor.job;
    return [[`${title}${suffix}`, ...[parse, run, stringify, all, floor.shimUser].map((one) => figure(one))]];
  }));
  return {
    title: "The app's own job with nothing around it, microseconds",
    heads: [
      'case', '#parse the body', '#run the task', '#stringify the answer', '#all',
      '#user time of Node when the shim is fed without HTTP',
    ],
    rows,
  };
}

function jsonTable({ jsonChecks = [] }) {
  const texts = [...new Set(jsonChecks.map(({ text }) => text))];
  const rows = texts.map((text) => {
    const rounds = jsonChecks.filter((one) => one.text === text);
    const speed = (nanoseconds) => figure(spreadOf(rounds.map((one) => one.bytes / nanoseconds(one))).median);
    const ratio = spreadOf(rounds.map((one) => one.parseNanoseconds / one.checkNanoseconds));
    return [
      `1 MB of ${text}`, speed((one) => one.checkNanoseconds), speed((one) => one.parseNanoseconds),
      `${figure(ratio.median)}×`, `${figure(ratio.low)} – ${figure(ratio.high)}`,
    ];
  });
  return {
    title: "The JSON check beside V8's JSON.parse",
    heads: ['text', '#check, GB/s', '#JSON.parse, GB/s', '#speed, to JSON.parse', '#rounds'],
    rows,
  };
}

/** What the tables say of a small call, in words. @param {object} results @returns {string[]} */
function breakdownSentences(results) {
  const cost = costOf(results, 'add', 'sidecar');
  const floor = floorOf(results, 'add', 'sidecar');
  const alone = costOf(results, 'not-found', 'sidecar');
  return [cost && ofCall(cost), cost && floor && alone && ofFloors(cost, floor, alone), floor && ofJob(floor)]
    .filter(Boolean);
}

function ofCall({ all, frontUser, frontKernel, nodeUser, nodeKernel }) {
  const kernel = frontKernel + nodeKernel;
  return `A small call (\`add\`, 64 connections, one request at a time on each) takes ${figure(all)} µs of CPU in `
    + `both processes together. ${figure(kernel)} µs of that, ${Math.round((kernel / all) * 100)} %, is the kernel's; `
    + `${figure(frontUser)} µs is the front's own code, ${figure(nodeUser)} µs Node's: shim, serializer and task.`;
}

function ofFloors(cost, floor, alone) {
  const times = cost.all / (alone.front + floor.shim);
  return `The front by itself takes ${figure(alone.front)} µs to answer a request with a 404, and the shim fed `
    + `without HTTP ${figure(floor.shim)} µs for a call. A call through both costs `
    + `${figure(times)} times the sum of the two.`;
}

function ofJob({ job, shimUser }) {
  return `The app's own job alone (parse, run, stringify, each call by itself) takes ${figure(job.all)} µs. The user `
    + `time of Node for a call, when the shim is fed without HTTP, is ${figure(shimUser)} µs: it parses a turn's `
    + 'inputs as one text.';
}

module.exports = { breakdownTables, breakdownSentences, costOf, floorOf };
