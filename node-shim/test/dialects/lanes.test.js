'use strict';

// Which exposure of a 6.x app is served, which targets only its own handlers can answer, and by which names.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { serve } = require('../..');
const { createRunnerApp } = require('../../lib/runner-app');
const { readRuntime } = require('../../lib/runtime');
const runner = require('../../../Tests/support/runner-6');

const { r, run, tags, rpcLanesResource } = runner;
const communicator = r.resource('communicator').build();

function lanesOf(id, lane, { auth, http = { auth: { allowAnonymous: true } } } = {}) {
  const topology = r.rpcLane.topology({ profiles: { p: { serve: [lane] } }, bindings: [{ lane, communicator, auth }] });
  return rpcLanesResource.fork(id).with({ profile: 'p', mode: 'network', topology, exposure: { http } });
}

function taskOn(lane, id) {
  return r.task(id).tags([tags.rpcLane.with({ lane })]).run(async () => id).build();
}

async function opened(parts, options = {}) {
  const runtime = await run(r.resource('app').register(parts).build());
  return createRunnerApp(/** @type {any} */ (readRuntime(runtime)), { runner, ...options });
}

test('an app with two exposures is not served until one is chosen', async () => {
  const [one, two] = [r.rpcLane('one').build(), r.rpcLane('two').build()];
  const parts = () => [
    communicator, taskOn(one, 'a'), taskOn(two, 'b'), lanesOf('first', one), lanesOf('second', two),
  ];
  await assert.rejects(opened(parts()), /more than one exposure: choose one with \{ exposure: 'app.first' \}/);
  const wrong = opened(parts(), { exposure: 'third' });
  await assert.rejects(wrong, /exposure third, but the app has app.first, app.second/);
  const app = await opened(parts(), { exposure: 'app.second' });
  assert.deepEqual(app.table.callableIds('task'), ['app.tasks.b']);
});

test('an app that exposes nothing does not start', async () => {
  const lane = r.rpcLane('lane').build();
  await assert.rejects(opened([communicator, taskOn(lane, 'a')]), /found no rpcLanesResource with exposure.http/);
  const idle = r.rpcLane('idle').build();
  await assert.rejects(opened([communicator, taskOn(lane, 'a'), lanesOf('lanes', idle)]), /exposes nothing/);
});

test('a lane with tokens of its own goes to the app\'s own handlers, and the others do not', async () => {
  const lane = r.rpcLane('lane').build();
  const parts = (auth) => [communicator, taskOn(lane, 'a'), lanesOf('lanes', lane, { auth })];
  const lanesOfTasks = async (auth) => (await opened(parts(auth))).targets
    .filter(({ kind }) => kind === 'task').map((target) => target.lane);
  assert.deepEqual(await lanesOfTasks(undefined), ['call']);
  assert.deepEqual(await lanesOfTasks({ mode: 'none' }), ['call']);
  assert.deepEqual(await lanesOfTasks({ secret: 's' }), ['listener']);
});

test('all goes to the own handlers when they are asked for', async () => {
  const lane = r.rpcLane('lane').build();
  const parts = () => [communicator, taskOn(lane, 'a'), lanesOf('lanes', lane)];
  const own = await opened(parts(), { ownHandlers: true });
  assert.equal(own.targets[0].lane, 'listener');
});

test('a target may be asked for by its local name only when no other definition has it', async () => {
  const lane = r.rpcLane('lane').build();
  const twice = r.error('twice').build();
  const tasks = [taskOn(lane, 'once'), taskOn(lane, 'twice')];
  const app = await opened([communicator, ...tasks, twice, lanesOf('lanes', lane)]);
  const names = Object.fromEntries(app.targets.filter(({ kind }) => kind === 'task').map((one) => [one.id, one.names]));
  assert.deepEqual(names, { 'app.tasks.once': ['once'], 'app.tasks.twice': [] });
  const shown = new Map(app.shownIds);
  assert.equal(shown.get('communicator'), 'app.communicator');
  assert.equal(shown.has('twice'), false);
});

test('an app whose handlers answer otherwise than its release does not start', async () => {
  const lane = r.rpcLane('lane').build();
  const parts = [communicator, taskOn(lane, 'a'), lanesOf('lanes', lane)];
  const runtime = await run(r.resource('app').register(parts).build());
  const { value } = runtime.store.resources.get('app.lanes');
  const handlers = value.exposure.getHandlers();
  value.exposure.getHandlers = () => ({
    ...handlers, createRequestListener: () => (_req, res) => { res.statusCode = 404; res.end(); },
  });
  await assert.rejects(serve(runtime, { runner, socket: '/nowhere' }), /answers otherwise than any release/);
});

test('a listener that is passed gets only what is outside the base path', async () => {
  const lane = r.rpcLane('lane').build();
  const asked = [];
  const app = await opened([communicator, taskOn(lane, 'a'), lanesOf('lanes', lane)], {
    requestListener: (req) => { asked.push(req.url); },
  });
  const response = () => ({ setHeader() {}, end(body) { this.body = String(body); } });
  const own = response();
  await app.listener({ url: '/__runner/task/a', method: 'GET', headers: {} }, own);
  assert.match(own.body, /METHOD_NOT_ALLOWED/);
  await app.listener({ url: '/__runnerish', method: 'GET', headers: {} }, response());
  await app.listener({ url: '/', method: 'GET', headers: {} }, response());
  assert.deepEqual(asked, ['/__runnerish', '/']);
});
