'use strict';

// What is set at the front holds for every kind of request: calls, events, discovery, uploads and raw bodies, whoever
// answers them. Each override is tried with each.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { fieldValue } = require('../support/http-answer-reader.js');
const { exchangeOnce, requestBytes } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { reload } = require('./admin-client.js');

const APP = path.join(__dirname, 'overrides-app.js');
const TIMEOUT = { timeout: 60_000 };
const MULTIPART = '--cut\r\nContent-Disposition: form-data; name="__manifest"\r\n\r\n{}\r\n--cut--\r\n';

/** Every kind of request below the base path. */
const KINDS = {
  call: { route: 'task/task', type: 'application/json', body: '{}' },
  event: { route: 'event/event', type: 'application/json', body: '{}' },
  discovery: { route: 'discovery', type: 'application/json', body: '' },
  upload: { route: 'task/task', type: 'multipart/form-data; boundary=cut', body: MULTIPART },
  raw: { route: 'task/task', type: 'application/octet-stream', body: 'abc' },
};

/** @returns {Promise<Record<string, string>>} status and allowed origin by kind */
async function askAll(port, { basePath = '/__runner', header = 'x-runner-token', token = 'old' } = {}) {
  const answers = {};
  for (const [kind, { route, type, body }] of Object.entries(KINDS)) {
    const headers = [['Content-Type', type], ['Origin', 'https://new.example'], [header, token]];
    const answer = await exchangeOnce(port, requestBytes(`${basePath}/${route}`, {
      headers: /** @type {[string, string][]} */ (headers), body,
    }));
    answers[kind] = `${answer?.status} ${fieldValue(answer, 'access-control-allow-origin')}`;
  }
  return answers;
}

const all = (answer) => Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, answer]));
const statuses = (answers) => Object.fromEntries(
  Object.entries(answers).map(([kind, answer]) => [kind, answer.split(' ')[0]]),
);

test('without overrides everything is as the app has it', TIMEOUT, () => withPair({ app: APP }, async ({ front }) => {
  await front.workersReady();
  assert.deepEqual(await askAll(front.port), all('200 https://old.example'));
  assert.deepEqual(await askAll(front.port, { token: 'x' }), all('401 https://old.example'));
}));

test('--token opens for every kind, and the app\'s own token opens none', TIMEOUT, () => withPair({
  app: APP, frontOptions: ['--token', 'new'],
}, async ({ front }) => {
  await front.workersReady();
  assert.deepEqual(await askAll(front.port, { token: 'new' }), all('200 https://old.example'));
  assert.deepEqual(await askAll(front.port, { token: 'old' }), all('401 https://old.example'));
}));

test('--token-header is asked for by every kind', TIMEOUT, () => withPair({
  app: APP, frontOptions: ['--token-header', 'x-key', '--token', 'new'],
}, async ({ front }) => {
  await front.workersReady();
  assert.deepEqual(statuses(await askAll(front.port, { header: 'x-key', token: 'new' })), all('200'));
  assert.deepEqual(statuses(await askAll(front.port, { token: 'new' })), all('401'));
}));

test('a token file that is read again opens and closes for every kind', TIMEOUT, async () => {
  const file = path.join(temporaryFolder(), 'tokens');
  fs.writeFileSync(file, 'first\n');
  await withPair({ app: APP, frontOptions: ['--token-file', file] }, async ({ front }) => {
    await front.workersReady();
    assert.deepEqual(statuses(await askAll(front.port, { token: 'first' })), all('200'));
    fs.writeFileSync(file, 'second\n');
    await reload(front);
    assert.deepEqual(statuses(await askAll(front.port, { token: 'second' })), all('200'));
    assert.deepEqual(statuses(await askAll(front.port, { token: 'first' })), all('401'));
  });
});

test('--base-path is the only one for every kind', TIMEOUT, () => withPair({
  app: APP, frontOptions: ['--base-path', '/rpc'],
}, async ({ front }) => {
  await front.workersReady();
  assert.deepEqual(statuses(await askAll(front.port, { basePath: '/rpc' })), all('200'));
  assert.deepEqual(statuses(await askAll(front.port)), all('404'));
}));

test('--cors-origins are allowed by every kind', TIMEOUT, () => withPair({
  app: APP, frontOptions: ['--cors-origins', 'https://new.example'],
}, async ({ front }) => {
  await front.workersReady();
  assert.deepEqual(await askAll(front.port), all('200 https://new.example'));
}));

test('a list of tokens in the app\'s code opens for every kind', TIMEOUT, () => withPair({
  app: APP, env: { TOKENS: '["one","two"]' },
}, async ({ front }) => {
  await front.workersReady();
  for (const token of ['one', 'two']) assert.deepEqual(statuses(await askAll(front.port, { token })), all('200'));
  assert.deepEqual(statuses(await askAll(front.port, { token: 'three' })), all('401'));
}));
