'use strict';

/**
 * The second half of a comparison: the same load on both servers, in turns, and what their processes spent on it.
 *
 * @typedef {object} SideMeasure
 * @property {Array<{pid: number, name?: string}>} processes whose CPU and memory were read; empty when none could be
 *   found
 * @property {number} requestsPerSecond median of the rounds
 * @property {[number, number]} requestsPerSecondRange lowest and highest round
 * @property {number} [cpuSecondsPer100k] of all processes of the side
 * @property {number} [residentBytes] of all processes of the side, after the load
 * @property {number} failures
 * @property {number} errorAnswers
 * @property {import('../measure/latency').Distribution} latency
 *
 * @typedef {object} LoadOptions
 * @property {string} [tool] by name, instead of the best that is installed
 * @property {number} rounds
 * @property {number} seconds of each
 * @property {number} connections
 * @property {(side: number, round: number) => void} [onRound] called before each
 */

const { chooseTool } = require('../measure/load');
const { median, medianDistribution } = require('../measure/latency');
const processes = require('../measure/processes');
const { wireBytes } = require('./check');

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]', '0.0.0.0']);

/**
 * The request the load is made of: the first call that both answered alike with 200; whatever else was answered alike
 * with 200 when there is no such call.
 *
 * @param {import('./check').CheckedRequest[]} checked
 * @param {string} [name] of a request, to choose another
 * @returns {import('./requests').ComparedRequest | undefined}
 */
function chooseLoadRequest(checked, name) {
  if (name !== undefined) {
    const named = checked.find(({ request }) => request.name === name);
    if (!named) throw new Error(`no request is named '${name}'`);
    if (named.verdict === 'skipped') throw new Error(`'${name}' is not marked safe, so no load is made of it`);
    return named.request;
  }
  const alike = checked.filter(({ verdict }) => verdict === 'same' || verdict === 'noisy');
  const usable = alike.filter(({ first, request }) => first.status === 200 && request.method !== 'OPTIONS');
  const calls = usable.filter(({ request }) => request.method === 'POST');
  const candidates = calls.length > 0 ? calls : usable;
  return candidates[0]?.request;
}

/**
 * The processes that serve a base URL: those given, else those that listen on its port here, with the workers that a
 * sidecar's admin listener names, or the parent that started it.
 *
 * @param {URL} url
 * @param {number[]} given
 * @param {string} [admin] base URL of the sidecar's admin listener
 * @returns {Promise<number[]>}
 */
async function processesOf(url, given, admin) {
  if (given.length > 0) return given;
  if (!LOCAL_HOSTS.has(url.hostname)) return [];
  const found = new Set(processes.listeningOn(Number(url.port || 80)));
  for (const pid of [...found]) {
    if (processes.nameOf(pid) !== 'runner-sidecar') continue;
    const parent = processes.parentOf(pid);
    if (parent !== undefined && processes.nameOf(parent) === 'node') found.add(parent);
    for (const worker of await workersOf(admin)) found.add(worker);
  }
  return [...found];
}

async function workersOf(admin) {
  if (!admin) return [];
  try {
    const answer = await fetch(new URL('/workers', admin), { signal: AbortSignal.timeout(2000) });
    const { workers } = /** @type {any} */ (await answer.json());
    return workers.map(({ pid }) => pid).filter(Number.isInteger);
  } catch {
    return []; // no admin listener: the report names the processes that were counted
  }
}

/**
 * @param {ReturnType<typeof import('./exchange').makeSide>[]} sides
 * @param {number[][]} pids by side
 * @param {import('./requests').ComparedRequest} request
 * @param {LoadOptions} options
 * @returns {Promise<{
 *   tool: string, isFallback: boolean, request: string, connections: number, sides: SideMeasure[],
 * }>}
 */
async function measureSides(sides, pids, request, { tool, rounds, seconds, connections, onRound = () => {} }) {
  const chosen = chooseTool(tool);
  const results = sides.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    // The order changes with the rounds, so that what the machine does besides does not always hit the same side.
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    for (const side of order) {
      onRound(side, round);
      results[side].push(await oneRun(chosen, sides[side], pids[side], request, seconds, connections));
    }
  }
  const summaries = results.map((runs, side) => summary(runs, pids[side]));
  const made = { tool: chosen.name, isFallback: chosen.isFallback };
  return { ...made, request: request.name, connections, sides: summaries };
}

async function oneRun(tool, side, pids, request, seconds, connections) {
  const stop = processes.startCpuClock(pids);
  const host = side.url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(side.url.port || 80);
  const result = await tool.run({ host, port, requests: [wireBytes(side, request)], connections, seconds });
  return { ...result, cpuSeconds: stop().totalSeconds };
}

/** @returns {SideMeasure} */
function summary(runs, pids) {
  const rates = runs.map(({ requestsPerSecond }) => requestsPerSecond);
  const memories = pids.map((pid) => processes.memory(pid)?.residentBytes).filter((bytes) => bytes !== undefined);
  const total = (member) => runs.reduce((sum, run) => sum + run[member], 0);
  return {
    processes: pids.map((pid) => ({ pid, name: processes.nameOf(pid) })),
    requestsPerSecond: median(rates),
    requestsPerSecondRange: [Math.min(...rates), Math.max(...rates)],
    cpuSecondsPer100k: pids.length > 0 ? (total('cpuSeconds') / total('requests')) * 100_000 : undefined,
    residentBytes: memories.length > 0 ? memories.reduce((sum, bytes) => sum + bytes, 0) : undefined,
    failures: total('failures'),
    errorAnswers: total('errorAnswers'),
    latency: medianDistribution(runs.map(({ latency }) => latency)),
  };
}

module.exports = { chooseLoadRequest, processesOf, measureSides };
