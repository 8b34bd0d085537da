'use strict';

// A moved app is stopped and started again and again under load, on the real runner where RUNNER_BUNDLE names it: no
// request fails, no call loses its database, and every database is closed once.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('node:test');
const { amount } = require('../support/amount.js');
const { TestProcess } = require('../support/child-process.js');
const { Front } = require('../support/front.js');
const { shimFolder } = require('../support/project.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { pause } = require('../support/wait-until.js');

const RESTARTS = amount('RUNNER_SIDECAR_REDEPLOYS', { usual: 6, long: 20 });
const APP = path.join(__dirname, 'redeploy-app.js');
const BUNDLE = process.env.RUNNER_BUNDLE;
const RUNNER = BUNDLE ? path.resolve(BUNDLE) : path.join(__dirname, '../../docs/support/runner-stand-in.js');
const TOKEN = 'from the file';

/** One request; gives its status and body. */
function ask(port, agent, { headers, body, task }) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      port, agent, host: '127.0.0.1', method: 'POST', path: `/__runner/task/${task}`,
      headers: { 'x-runner-token': TOKEN, 'content-length': Buffer.byteLength(body), ...headers },
    }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => { text += part; });
      response.on('end', () => resolve(`${response.statusCode} ${text}`)).on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

const query = (milliseconds) => ({
  task: 'app.tasks.query', headers: { 'content-type': 'application/json' }, body: `{"input":${milliseconds}}`,
  expected: '200 {"ok":true,"result":true}',
});
const upload = () => {
  const part = (disposition, text) => `--cut\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${text}\r\n`;
  const manifest = '{"input":{"file":{"$ejson":"File","id":"f1","meta":{"name":"a"}}}}';
  const file = 'x'.repeat(50_000);
  return {
    task: 'app.tasks.measure', headers: { 'content-type': 'multipart/form-data; boundary=cut' },
    body: `${part('name="__manifest"', manifest)}${part('name="file:f1"; filename="a"', file)}--cut--\r\n`,
    expected: '200 {"ok":true,"result":50000}',
  };
};

for (const hooks of ['on', 'off']) {
  test(`${RESTARTS} restarts under load fail nothing, with the runner's shutdown hooks ${hooks}`, {
    timeout: 300_000,
  }, async (t) => {
    const folder = temporaryFolder();
    const [tokens, events] = ['tokens', 'events'].map((name) => path.join(folder, name));
    fs.writeFileSync(tokens, `${TOKEN}\n`);
    const front = await Front.start({ options: ['--token-file', tokens, '--worker-wait', '30s'] });
    const start = () => new TestProcess('app', process.execPath, [
      path.join(shimFolder(), 'bin', 'runner-sidecar-shim.js'), APP, '--socket', front.socket,
    ], { env: { RUNNER, EVENTS_FILE: events, HOOKS: hooks } });
    let app = start();
    const agent = new http.Agent({ keepAlive: true });
    const answers = new Map();
    let stopping = false;
    /** @param {() => { expected: string, task: string, headers: object, body: string }} next */
    const client = async (next) => {
      while (!stopping) {
        const { expected, ...request } = next();
        const answer = await ask(front.port, agent, request).catch((error) => error.code || error.message);
        const key = answer === expected ? 'right' : answer;
        answers.set(key, (answers.get(key) || 0) + 1);
      }
    };
    const clients = [() => query(1), () => query(5), () => query(30), () => query(700), ...BUNDLE ? [upload] : []];
    const load = clients.map(client);
    try {
      for (let restart = 0; restart < RESTARTS; restart += 1) {
        await app.line((line) => (line.includes('for the front at') ? true : undefined));
        await pause(400);
        app.kill('SIGTERM');
        assert.deepEqual(await app.exit, { code: 0, signal: null }, app.report());
        app = start();
      }
      await app.line((line) => (line.includes('for the front at') ? true : undefined));
      await pause(300);
      stopping = true;
      await Promise.all(load);
      app.kill('SIGTERM');
      await app.exit;
      t.diagnostic(JSON.stringify([...answers]));
      assert.deepEqual([...answers.keys()], ['right'], JSON.stringify([...answers]));
      const said = fs.readFileSync(events, 'utf8').trim().split('\n').map((line) => line.replace(/^\d+ /, ''));
      assert.deepEqual(said, Array(RESTARTS + 1).fill(['starts', 'closed']).flat());
    } catch (error) {
      throw new Error(`${error.message}${front.child.report()}${app.report()}`, { cause: error });
    } finally {
      stopping = true;
      agent.destroy();
      await Promise.all([front.stop({ patienceMilliseconds: 1_000 }), app.stop({ patienceMilliseconds: 1_000 })]);
    }
  });
}
