'use strict';

/** Goes through cases and subjects, interleaved in rounds, and gathers the results. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describeMachine, busyShare } = require('./machine');
const { verify } = require('./verify');
const { runLoad } = require('./run');
const { countSyscalls } = require('./syscalls');
const { measureIdle } = require('./idle');
const { frontFacts } = require('./front-facts');
const { addRequest } = require('./work');
const { summarize } = require('./results');
const { evaluateTargets } = require('./targets');

const WARM_UP_SECONDS = 1;
/** Above this share of the cores being busy before we begin, figures are those of a disturbed machine, and say so. */
const BUSY_SHARE = 0.15;

/**
 * @param {{subjects: import('./subjects').Subject[], cases: import('./work').Case[], rounds: number, seconds: number, idleConnections: number[], syscallCases?: Set<string>, front: string, report: (text: string) => void}} plan
 *   syscallCases: where system calls are counted; everywhere when not given
 * @returns {Promise<object>} results as plain data, what the JSON file holds
 */
async function bench(plan) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'runner-sidecar-bench-'));
  const busy = await busyShare();
  if (busy > BUSY_SHARE) plan.report(`note: ${Math.round(busy * 100)} % of the machine is busy with something else`);
  const skipped = plan.subjects.map(({ title, missing }) => ({ subject: title, reason: missing() })).filter(({ reason }) => reason);
  skipped.forEach(({ subject, reason }) => plan.report(`left out: ${subject} (${reason})`));
  const subjects = plan.subjects.filter(({ missing }) => !missing());
  const found = { runs: [], syscalls: [], failures: [], idle: [] };
  try {
    for (const token of new Set(plan.cases.map((work) => work.token))) {
      const cases = plan.cases.filter((work) => work.token === token);
      await withSubjects(subjects, { directory, token }, (running) => runCases(plan, running, cases, found));
    }
    for (const subject of subjects) await measureIdleOf(plan, subject, directory, found);
    const results = {
      date: new Date().toISOString(), machine: describeMachine(), busyBefore: busy, rounds: plan.rounds, seconds: plan.seconds,
      subjects: subjects.map(({ id, title }) => ({ id, title })), skipped,
      cases: plan.cases.map(({ id, title, connections, depth, request }) => ({ id, title, connections, depth, requestBytes: request.length })),
      front: await frontFacts(plan.front, directory), ...found, summary: summarize(found.runs),
    };
    return { ...results, targets: evaluateTargets(results) };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** Starts all subjects, hands them to `work`, stops them whatever happens. */
async function withSubjects(subjects, options, work) {
  const running = [];
  try {
    for (const subject of subjects) running.push({ ...subject, ...(await subject.start(options)) });
    await work(running);
  } finally {
    await Promise.all(running.map(({ stop }) => stop()));
  }
}

async function runCases({ rounds, seconds, syscallCases, report }, running, cases, { runs, syscalls, failures }) {
  for (const work of cases) {
    const able = [];
    for (const subject of running) {
      await guarded(subject, work, failures, report, async () => {
        const { answerBytes } = await verify(subject.port, work);
        await runLoad(subject, work, { seconds: WARM_UP_SECONDS, answerBytes });
        able.push({ subject, answerBytes });
      });
    }
    for (let round = 0; round < rounds; round += 1) {
      // Another one goes first in each round: whoever comes first may find a cooler or a busier machine.
      for (const { subject, answerBytes } of rotated(able, round)) {
        await guarded(subject, work, failures, report, async () => {
          const run = await runLoad(subject, work, { seconds, answerBytes });
          runs.push({ case: work.id, subject: subject.id, round, ...run });
          report(`${work.title}, round ${round + 1}: ${subject.title} ${Math.round(run.requestsPerSecond)} requests/s`);
        });
      }
    }
    if (syscallCases && !syscallCases.has(work.id)) continue;
    for (const { subject } of able) {
      await guarded(subject, work, failures, report, async () => {
        const counted = await countSyscalls(subject, work);
        if (counted) syscalls.push({ case: work.id, subject: subject.id, ...counted });
      });
    }
  }
}

/** A subject that answers wrongly is no longer measured in that case; the others are. */
async function guarded(subject, work, failures, report, action) {
  try {
    await action();
  } catch (error) {
    failures.push({ case: work.id, subject: subject.id, reason: error.message });
    report(`FAILED: ${work.title}, ${subject.title}: ${error.message}`);
  }
}

function rotated(list, by) {
  const first = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

/** A fresh process for each count, so that memory freed by one does not pay for the next. */
async function measureIdleOf({ idleConnections, report }, subject, directory, { idle, failures }) {
  for (const connections of idleConnections) {
    const work = { id: `idle-${connections}`, title: `${connections} idle connections` };
    await guarded(subject, work, failures, report, () => withSubjects([subject], { directory }, async ([running]) => {
      await measureIdle(running, addRequest, 200); // code is compiled and pools are filled before the count begins
      const measured = await measureIdle(running, addRequest, connections);
      idle.push({ subject: subject.id, ...measured });
      report(`${work.title}: ${subject.title} ${Math.round(measured.bytesEach.all)} bytes each`);
    }));
  }
}

module.exports = { bench };
