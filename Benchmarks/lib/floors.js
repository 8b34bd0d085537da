'use strict';

/**
 * What a call cannot cost less than: the shim fed without HTTP, and the app's own job with nothing around it. The third
 * floor, the front answering by itself, is a case like others: a 404.
 *
 * @typedef {object} Floor
 * @property {string} case
 * @property {'sidecar' | 'sidecar-runner'} subject whose app it is
 * @property {number} round
 * @property {{user: number, kernel: number}} shim microseconds of CPU of the Node process for a call
 * @property {{parse: number, run: number, stringify: number}} job microseconds
 */

const path = require('node:path');
const { start, startNode, isReady, freshPath, stopAll, SUBJECTS } = require('./children');
const { listenAsFront } = require('./bridge-load');
const { startCpuClock } = require('../../compare/measure/processes');
const { CASES, callOf } = require('./work');

const FLOOR_CASES = ['add', 'echo-1k', 'echo-16k'];
const WARM_UP_SECONDS = 1;

/**
 * @param {{rounds: number, seconds: number, runner?: string, directory: string, cases: object[],
 *   report: (text: string) => void}} plan
 * @returns {Promise<Floor[]>}
 */
async function measureFloors({ rounds, seconds, runner, directory, cases, report }) {
  const floors = [];
  const wanted = CASES.filter(({ id }) => FLOOR_CASES.includes(id) && cases.some((one) => one.id === id));
  const bundle = runner && path.resolve(runner);
  for (const subject of ['sidecar', ...(bundle ? ['sidecar-runner'] : [])]) {
    const env = subject === 'sidecar' ? {} : { RUNNER: bundle };
    const fed = await startFedShim(subject, env, directory);
    try {
      for (const work of wanted) {
        const load = loadOf(work);
        await fed.run({ ...load, seconds: WARM_UP_SECONDS });
        for (let round = 0; round < rounds; round += 1) {
          const shim = await fed.run({ ...load, seconds });
          floors.push({ case: work.id, subject, round, shim, job: await jobAlone(work, env, seconds) });
        }
        report(`floors of ${work.title}: ${subject}`);
      }
    } finally {
      await fed.stop();
    }
  }
  return floors;
}

/** The case as a task's call: what the front would make of its request. */
function loadOf(work) {
  const { task, head, body } = callOf(work);
  const [input, result] = [JSON.parse(body).input, work.expected.body.result].map((value) => JSON.stringify(value));
  return { task, head, input, result, calls: work.connections };
}

async function startFedShim(subject, env, directory) {
  const socket = freshPath(directory, 'fed');
  const front = await listenAsFront(socket);
  const script = subject === 'sidecar' ? 'sidecar-worker.js' : 'runner-app.js';
  const worker = startNode(script, { ...env, SOCKET: socket });
  const stop = async () => {
    await stopAll([worker])();
    front.close();
  };
  try {
    await worker.whenReady(isReady);
    const link = await front.link();
    return {
      stop,
      async run(load) {
        const cpu = startCpuClock([worker.pid]);
        const calls = await link.run(load);
        const { userSeconds, systemSeconds } = cpu();
        return { user: (userSeconds / calls) * 1e6, kernel: (systemSeconds / calls) * 1e6 };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function jobAlone({ id }, env, seconds) {
  const job = start(process.execPath, [path.join(SUBJECTS, 'job-alone.js')], {
    env: { ...env, CASE: id, SECONDS: String(seconds) },
  });
  try {
    return (await job.whenReady(isReady)).microseconds;
  } finally {
    await job.stop();
  }
}

module.exports = { measureFloors, FLOOR_CASES };
