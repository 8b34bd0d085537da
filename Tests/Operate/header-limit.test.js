'use strict';

// The limit on request heads is one: what the front lets in, Node's parser behind it takes, whichever side it was set
// on, and whoever answers.
const assert = require('node:assert/strict');
const http = require('node:http');
const test = require('node:test');
const { TestProcess } = require('../support/child-process.js');
const { frontBinary, shimFolder } = require('../support/project.js');

/** An app with a front of its own, in a process of its own. */
async function withApp({ frontArguments = [], nodeOptions = [] }, use) {
  const script = `
    const { TunnelServer } = require(${JSON.stringify(shimFolder())});
    const server = new TunnelServer({
      port: 0, binary: ${JSON.stringify(frontBinary())}, frontArguments: ${JSON.stringify(frontArguments)},
      requestListener: (req, res) => req.resume().on('end', () => res.end('page')),
    });
    server.registerTask('plain', () => 1);
    server.registerTask('reads', (_input, { headers }) => headers.cookie.length);
    server.registerTask('touches', (_input, { req }) => req.headers.cookie.length);
    server.listen().then(() => console.log('port ' + server.address().port));
    process.on('SIGTERM', () => server.close());
  `;
  const app = new TestProcess('app', process.execPath, [...nodeOptions, '-e', script]);
  try {
    await use(await app.line((line) => Number(/^port (\d+)$/.exec(line)?.[1]) || undefined));
  } catch (error) {
    throw new Error(`${error.message}${app.report()}`, { cause: error });
  } finally {
    await app.stop({ patienceMilliseconds: 2_000 });
  }
}

/** @returns {Promise<string>} status and body */
function ask(port, path, cookieBytes) {
  return new Promise((resolve, reject) => {
    const headers = { cookie: 'a'.repeat(cookieBytes), 'content-type': 'application/json', 'content-length': 2 };
    const request = http.request({ port, path, headers, method: 'POST', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part) => { body += part; });
      response.on('end', () => resolve(`${response.statusCode} ${body}`)).on('error', reject);
    });
    request.on('error', reject).end('{}');
  });
}

const WAYS = {
  'the front\'s --header-limit': { frontArguments: ['--header-limit', '64KiB'] },
  'Node\'s --max-http-header-size': { nodeOptions: ['--max-http-header-size=65536'] },
};

for (const [way, settings] of Object.entries(WAYS)) {
  test(`${way} raises the limit for calls, for tasks that touch req, and for pages`, { timeout: 60_000 }, () => (
    withApp(settings, async (port) => {
      const answers = [];
      for (const path of ['/__runner/task/plain', '/__runner/task/reads', '/__runner/task/touches', '/page']) {
        answers.push(await ask(port, path, 40_000));
      }
      const result = (value) => `200 {"ok":true,"result":${value}}`;
      assert.deepEqual(answers, [result(1), result(40_000), result(40_000), '200 page']);
    })
  ));
}

test('without either, a head over 16 KiB is answered 431 by the front, whatever it is for', { timeout: 60_000 }, () => (
  withApp({}, async (port) => {
    for (const path of ['/__runner/task/plain', '/__runner/task/touches', '/page']) {
      assert.match(await ask(port, path, 20_000), /^431 \{"ok":false,/);
    }
  })
));
