'use strict';

/**
 * What the app's own job costs when nothing stands around it: the body parsed, the task run, the answer made into text.
 * CASE: whose request. SECONDS: for how long. RUNNER: a bundle; then with its serializer and its task runner.
 * Says `ready` with the microseconds each took.
 */

const { performance } = require('node:perf_hooks');
const { app, ready, failed } = require('./common');
const { buildRunnerApp } = require('./runner-build');
const { readRuntime } = require('../../node-shim/lib/runtime');
const { CASES, callOf } = require('../lib/work');

const TIMES = 200;

async function main() {
  const { CASE: id, SECONDS: seconds, RUNNER: bundle } = process.env;
  const { task, body } = callOf(CASES.find((work) => work.id === id));
  const job = bundle ? await runnerJob(bundle, task) : plainJob(app.tasks[task]);
  const spent = { parse: 0, run: 0, stringify: 0 };
  let times = 0;
  await repeat(job, body, Number(seconds) * 500, () => {}); // compiled before anything is counted
  await repeat(job, body, Number(seconds) * 1000, (parse, run, stringify) => {
    spent.parse += parse;
    spent.run += run;
    spent.stringify += stringify;
    times += TIMES;
  });
  const each = (milliseconds) => (milliseconds / times) * 1000;
  ready({ microseconds: { parse: each(spent.parse), run: each(spent.run), stringify: each(spent.stringify) } });
}

/** Each step many times in a row: a clock that is read for every call would be most of what is measured. */
async function repeat({ parse, run, stringify }, body, milliseconds, done) {
  const until = performance.now() + milliseconds;
  const values = Array(TIMES);
  while (performance.now() < until) {
    const began = performance.now();
    for (let i = 0; i < TIMES; i += 1) values[i] = parse(body);
    const parsed = performance.now();
    for (let i = 0; i < TIMES; i += 1) values[i] = await run(values[i].input);
    const ran = performance.now();
    for (let i = 0; i < TIMES; i += 1) values[i] = stringify({ ok: true, result: values[i] });
    done(parsed - began, ran - parsed, performance.now() - ran);
  }
}

function plainJob(run) {
  return { parse: JSON.parse, run, stringify: JSON.stringify };
}

async function runnerJob(bundle, task) {
  const { store, serializer, taskRunner } = readRuntime(await buildRunnerApp(require(bundle)));
  const { task: definition } = store.tasks.get(task);
  return {
    parse: (text) => serializer.parse(text),
    run: (input) => taskRunner.run(definition, input),
    stringify: (value) => serializer.stringify(value),
  };
}

main().catch(failed);
