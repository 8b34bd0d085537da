'use strict';

// The call lane against the app's own handlers, in one process: both must answer alike, whatever the release. Bundles
// of the releases are in the folder that RUNNER_BUNDLES names, as runner-5.0.0.cjs and so on. SEED repeats a run.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { withPair } = require('../support/pair.js');
const { RawConnection } = require('../support/raw-connection.js');
const { Random } = require('../support/random.js');
const { recordedRequests } = require('./clients/recorded-requests.js');
const { PROBES, randomProbes } = require('./families/probes.js');
const { RECORDINGS_FOLDER } = require('./records.js');

const APP = path.join(__dirname, 'families', 'app.js');
const RANDOM_BODIES = 200;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** What the exposure is given. Each release ignores what it does not know. */
const SETTINGS = {
  open: { HTTP: { auth: { allowAnonymous: true } } },
  'no auth': { HTTP: {} },
  token: { HTTP: { auth: { token: 's3cret' } } },
  'credentials without origin, no discovery': {
    HTTP: { auth: { token: 's3cret' }, cors: { credentials: true }, disableDiscovery: true },
  },
  'predicates': { HTTP: { auth: { allowAnonymous: true } }, TUNNEL: 'predicate' },
  'no tunnel': { HTTP: { auth: { allowAnonymous: true } }, TUNNEL: 'none' },
  'open exposure': { HTTP: { auth: { allowAnonymous: true }, dangerouslyAllowOpenExposure: true }, TUNNEL: 'none' },
};

for (const { release, bundle, missing = false } of runners()) {
  test(`the call lane answers as the own handlers of ${release}`, { skip: missing, timeout: 180_000 }, async (t) => {
    const random = Random.forTest(t);
    const found = [];
    let compared = 0;
    for (const [setting, { HTTP, TUNNEL }] of Object.entries(SETTINGS)) {
      if (TUNNEL !== undefined && !/^[45]/.test(release)) continue;
      const more = setting === 'open' ? [...randomProbes(random, RANDOM_BODIES), ...clientsRequests(release)] : [];
      const probes = [...PROBES, ...more];
      const env = { RUNNER: bundle, HTTP: JSON.stringify(HTTP), ...(TUNNEL === undefined ? {} : { TUNNEL }) };
      await withPair({ app: APP, env }, async ({ front, app }) => {
        const port = Number(/own handlers on port (\d+)/.exec(app.stdout)[1]);
        // One after the other: some answers tell what the request before brought about.
        const own = await answersOf(port, probes);
        const ours = await answersOf(front.port, probes);
        for (const [i, { name }] of probes.entries()) {
          compared += 1;
          if (own[i] !== ours[i]) found.push(`${setting}: ${name}\n    own:  ${own[i]}\n    ours: ${ours[i]}`);
        }
      });
    }
    t.diagnostic(`${compared - found.length} of ${compared} answers agree`);
    assert.equal(found.length, 0, `${found.length} answers differ:\n${found.join('\n')}`);
  });
}

/** What the official clients of 6.4.1 send, where the recording is beside this checkout. */
function clientsRequests(release) {
  const file = path.join(RECORDINGS_FOLDER, 'clients-6.4.1.jsonl');
  if (!release.startsWith('6.4') || !fs.existsSync(file)) return [];
  const sent = recordedRequests(file).map(({ name, request }) => ({
    name: `client: ${name}`,
    bytes: Buffer.from(request.latin1Slice().replace(/127\.0\.0\.1:PORT/, 'app.test'), 'latin1'),
  }));
  // What the events of all of them delivered; and so it does not show on the other side.
  return [...sent, ...PROBES.filter(({ name }) => name === 'what the event delivered')];
}

/** @returns {{ release: string, bundle: string, missing?: string }[]} */
function runners() {
  const folder = process.env.RUNNER_BUNDLES;
  if (!folder) return [{ release: 'each release', bundle: '', missing: 'RUNNER_BUNDLES is not set' }];
  return fs.readdirSync(folder).map((name) => ({ name, match: /^runner-(\d+\.\d+\.\d+)\.cjs$/.exec(name) }))
    .filter(({ match }) => match !== null)
    .map(({ name, match }) => ({ release: match[1], bundle: path.resolve(folder, name) }));
}

async function answersOf(port, probes) {
  const answers = [];
  for (const { bytes } of probes) answers.push(await answerOf(port, bytes));
  return answers;
}

/** A whole answer as one text, with what may vary made equal. */
async function answerOf(port, bytes) {
  const connection = await RawConnection.open({ port });
  try {
    connection.send(bytes);
    const answer = await connection.answer({ method: bytes.subarray(0, 4).toString().trim() });
    if (answer === undefined) return connection.fate;
    const lines = answer.headers.map(([name, value]) => {
      if (name === 'Date') return 'Date: (any)';
      return name === 'Keep-Alive' ? 'Keep-Alive: (any)' : `${name}: ${value.replace(UUID, '(uuid)')}`;
    });
    const body = answer.body.toString('latin1').replace(UUID, '(uuid)');
    return [answer.status, answer.reason, ...lines, `${answer.framing} ${answer.complete}`, body].join(' | ');
  } finally {
    connection.destroy();
  }
}
