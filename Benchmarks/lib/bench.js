'use strict';

/** Goes through cases and subjects, interleaved in rounds, and gathers the results. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describeMachine, busyShare, DISTURBED_SHARE } = require('./machine');
const { verify } = require('./verify');
const { runLoad } = require('./run');
const { countSyscalls } = require('./syscalls');
const { measureFloors } = require('./floors');
const { measureJSONCheck } = require('./json-check');
const { measureIdle } = require('./idle');
const { frontFacts } = require('./front-facts');
const { addRequest } = require('./work');
const { summarize } = require('./results');

/** V8 has compiled what a case needs within this; what all cases share takes longer, in the first one. */
const WARM_UP_SECONDS = 1;
const FIRST_WARM_UP_SECONDS = 3;
/** A minor case's share of the rounds. */
const MINOR_SHARE = 0.6;
/** The floors move less than a load by HTTP does. */
const FLOOR_ROUNDS_MAX = 3;
const FLOOR_SECONDS = 1;

/**
 * @param {{subjects: import('./subjects').Subject[], cases: import('./work').Case[], rounds: number, seconds: number,
 *   idleConnections: number[], extras: boolean, front: string, modules: string, runner?: string,
 *   report: (text: string) => void}} plan extras: whether floors and the JSON check are measured, too
 * @returns {Promise<object>} results as plain data, what the JSON file holds
 */
async function bench(plan) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'runner-sidecar-bench-'));
  const busy = await busyShare();
  if (busy > DISTURBED_SHARE) plan.report(`note: ${Math.round(busy * 100)} % of the machine is busy with other work`);
  const skipped = plan.subjects.map(({ title, missing }) => ({ subject: title, reason: missing() }))
    .filter(({ reason }) => reason);
  skipped.forEach(({ subject, reason }) => plan.report(`left out: ${subject} (${reason})`));
  const subjects = plan.subjects.filter(({ missing }) => !missing());
  const found = { runs: [], syscalls: [], failures: [], idle: [], floors: [], jsonChecks: [] };
  const began = Date.now();
  try {
    for (const token of new Set(plan.cases.map((work) => work.token))) {
      const cases = plan.cases.filter((work) => work.token === token);
      await withSubjects(plan, subjects, { directory, token }, found, async (running) => {
        await runCases(plan, running, cases, found);
      });
    }
    for (const subject of subjects) await measureIdleOf(plan, subject, directory, found);
    if (plan.extras) await measureExtras(plan, directory, found);
    return {
      date: new Date().toISOString(), tookSeconds: Math.round((Date.now() - began) / 1000), machine: describeMachine(),
      busyBefore: busy, rounds: plan.rounds, minorRounds: roundsOf({ minor: true }, plan.rounds), seconds: plan.seconds,
      subjects: subjects.map(({ id, title }) => ({ id, title })), skipped,
      cases: plan.cases.map(({ id, title, connections, depth, request, minor }) => (
        { id, title, connections, depth, minor, requestBytes: request.length })),
      front: await frontFacts(plan.front, directory), ...found, summary: summarize(found.runs),
    };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** What is measured without a load by HTTP. All other figures are not lost because one of these fails. */
async function measureExtras(plan, directory, found) {
  const rounds = Math.min(plan.rounds, FLOOR_ROUNDS_MAX);
  const attempt = (id, action) => guarded({ id, title: id }, { id, title: id }, found.failures, plan.report, action);
  await attempt('floors', async () => {
    found.floors = await measureFloors({ ...plan, rounds, seconds: FLOOR_SECONDS, directory });
  });
  await attempt('JSON check', async () => {
    found.jsonChecks = await measureJSONCheck({ ...plan, directory });
  });
}

/** Starts the subjects, hands those that did start to `work`, and stops them whatever happens. */
async function withSubjects({ report }, subjects, options, { failures }, work) {
  const running = [];
  try {
    for (const subject of subjects) {
      await guarded(subject, { id: 'start', title: 'start' }, failures, report, async () => {
        running.push({ ...subject, ...(await subject.start(options)) });
      });
    }
    await work(running);
  } finally {
    await Promise.all(running.map(({ stop }) => stop()));
  }
}

async function runCases(plan, running, cases, { runs, syscalls, failures }) {
  for (const [at, work] of cases.entries()) {
    const able = [];
    for (const subject of running) {
      await guarded(subject, work, failures, plan.report, async () => {
        const { answerBytes } = await verify(subject.port, work);
        await runLoad(subject, work, { seconds: at === 0 ? FIRST_WARM_UP_SECONDS : WARM_UP_SECONDS, answerBytes });
        able.push({ subject, answerBytes });
      });
    }
    for (let round = 0; round < roundsOf(work, plan.rounds); round += 1) {
      // Another one goes first in each round: whoever comes first may find a cooler or a busier machine.
      for (const { subject, answerBytes } of rotated(able, round)) {
        await guarded(subject, work, failures, plan.report, async () => {
          const run = await runLoad(subject, work, { seconds: plan.seconds, answerBytes });
          runs.push({ case: work.id, subject: subject.id, round, ...run });
          plan.report(progressOf(work, round, subject, run));
        });
      }
    }
    for (const { subject } of able) {
      await guarded(subject, work, failures, plan.report, async () => {
        const counted = await countSyscalls(subject, work);
        if (counted) syscalls.push({ case: work.id, subject: subject.id, ...counted });
      });
    }
  }
}

const roundsOf = ({ minor }, rounds) => (minor ? Math.max(1, Math.round(rounds * MINOR_SHARE)) : rounds);

function progressOf(work, round, subject, { requestsPerSecond, disturbance }) {
  const others = disturbance > DISTURBED_SHARE ? `, others took ${Math.round(disturbance * 100)} % of the machine` : '';
  return `${work.title}, round ${round + 1}: ${subject.title} ${Math.round(requestsPerSecond)} requests/s${others}`;
}

/** A subject that answers wrongly is no longer measured in that case; the others are. */
async function guarded(subject, work, failures, report, action) {
  try {
    await action();
  } catch (error) {
    const ownFault = subject.ownFaults?.[work.id];
    failures.push({ case: work.id, subject: subject.id, reason: ownFault ?? error.message, isOwn: Boolean(ownFault) });
    const outcome = ownFault ? 'cannot be measured' : 'FAILED';
    report(`${outcome}: ${work.title}, ${subject.title}: ${ownFault ?? error.message}`);
  }
}

function rotated(list, by) {
  const first = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

/** A fresh process for each count, so that memory freed by one does not pay for the next. */
async function measureIdleOf(plan, subject, directory, found) {
  for (const connections of plan.idleConnections) {
    const work = { id: `idle-${connections}`, title: `${connections} idle connections` };
    await withSubjects(plan, [subject], { directory }, found, async ([running]) => {
      if (!running) return;
      await guarded(subject, work, found.failures, plan.report, async () => {
        await measureIdle(running, addRequest, 200); // code is compiled and pools are filled before the count begins
        const measured = await measureIdle(running, addRequest, connections);
        found.idle.push({ subject: subject.id, ...measured });
        plan.report(`${work.title}: ${subject.title} ${Math.round(measured.bytesEach.all)} bytes each`);
      });
    });
  }
}

module.exports = { bench };
