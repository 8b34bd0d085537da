'use strict';

// What each family announces in HELLO, and what is closed where the app says nothing.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { closedUnlessToken, openUnlessToken } = require('../../lib/dialects/auth');
const { rulesSince5 } = require('../../lib/dialects/rules');
const { TunnelPolicy } = require('../../lib/dialects/tunnel-policy');
const { Refusal } = require('../../lib/refusal');

test('auth that is left out is open in 4.x, and closed from 5.0 on', () => {
  assert.deepEqual(openUnlessToken(undefined), { kind: 'open' });
  const tokens = { kind: 'tokens', header: 'x-key', tokens: ['t'] };
  assert.deepEqual(openUnlessToken({ token: 't', header: 'X-Key' }), tokens);
  const closed = { kind: 'closed', message: 'why' };
  assert.deepEqual(closedUnlessToken(undefined, false, 'why'), closed);
  assert.deepEqual(closedUnlessToken({ token: '' }, false, 'why'), closed);
  assert.deepEqual(closedUnlessToken({ allowAnonymous: 1 }, false, 'why'), closed);
  assert.deepEqual(closedUnlessToken({ allowAnonymous: true }, false, 'why'), { kind: 'open' });
});

test('an empty list opens to nobody, and an empty string in a list, or a validator, is the app\'s to judge', () => {
  const header = 'x-runner-token';
  assert.deepEqual(closedUnlessToken({ token: [] }, false, ''), { kind: 'tokens', header, tokens: [] });
  assert.deepEqual(closedUnlessToken({ token: ['', 'x'] }, false, ''), { kind: 'ask', header, tokens: ['x'] });
  assert.deepEqual(closedUnlessToken(undefined, true, ''), { kind: 'ask', header, tokens: [] });
  assert.deepEqual(closedUnlessToken({ token: 't' }, true, ''), { kind: 'ask', header, tokens: ['t'] });
});

test('the limit of a JSON body is 2 MiB unless the app says otherwise', () => {
  const serializer = { maxDepth: 1000 };
  const limitOf = (limits) => rulesSince5({ limits }, serializer).jsonLimitBytes;
  assert.equal(limitOf(undefined), 2097152);
  assert.equal(limitOf({ json: {} }), 2097152);
  assert.equal(limitOf({ json: { maxSize: 0 } }), 0);
  assert.equal(limitOf({ json: { maxSize: 1000 } }), 1000);
  assert.equal(limitOf({ json: { maxSize: Infinity } }), null);
  assert.deepEqual(rulesSince5({}, { maxDepth: 5 }).jsonDepth, { limit: 6, plain: 4 });
});

const TUNNEL = { tags: [{ id: 'globals.tags.tunnel' }] };

/** A 5.x store with such tunnels. */
function storeWith(...values) {
  return {
    tasks: new Map([['a', { task: { id: 'a' } }], ['b', { task: { id: 'b' } }]]),
    events: new Map(),
    resources: new Map(values.map((value, i) => [`tunnel${i}`, { resource: TUNNEL, value }])),
  };
}

test('what a tunnel resource of 5.x allows is looked up at every call', () => {
  const allowed = new Set(['a']);
  const policy = new TunnelPolicy(storeWith({ mode: 'server', tasks: ({ id }) => allowed.has(id) }));
  const run = policy.guard('task', 'a', () => 'ran');
  assert.equal(run(1, /** @type {any} */ (null), false), 'ran');
  assert.deepEqual([...policy.announced('task')], [['a', true], ['b', false]]);
  allowed.clear();
  assert.throws(() => run(1, /** @type {any} */ (null), false), (error) => (
    error instanceof Refusal && error.status === 403 && error.message === 'Task a not exposed'
  ));
});

test('a list that loses an id, a tunnel that is turned off, and one of another transport, allow nothing', () => {
  const tunnel = { mode: 'server', tasks: ['a'] };
  const policy = new TunnelPolicy(storeWith(tunnel, { mode: 'server', transport: 'ws', tasks: ['b'] }));
  assert.equal(policy.allows('task', 'a'), true);
  assert.equal(policy.allows('task', 'b'), false);
  tunnel.tasks.pop();
  assert.equal(policy.allows('task', 'a'), false);
  Object.assign(tunnel, { tasks: ['a'], mode: 'client' });
  assert.equal(policy.allows('task', 'a'), false);
});

test('a tunnel that takes no async contexts takes them from all that it names', () => {
  const policy = new TunnelPolicy(storeWith(
    { mode: 'server', tasks: ['a', 'b'] }, { mode: 'both', tasks: ['b'], allowAsyncContext: false },
  ));
  assert.equal(policy.providesContexts('task', 'a'), true);
  assert.equal(policy.providesContexts('task', 'b'), false);
});

test('a predicate that throws allows nothing', () => {
  const policy = new TunnelPolicy(storeWith({ mode: 'server', tasks: () => { throw new Error('no'); } }));
  assert.equal(policy.allows('task', 'a'), false);
});

test('where the last list is gone, or the first one comes, what was open or closed before does not count', () => {
  const tunnel = { mode: 'server', tasks: ['b'] };
  const run = (policy) => policy.guard('task', 'a', () => 'ran')(1, /** @type {any} */ (null), false);
  const open = new TunnelPolicy(storeWith(tunnel), true);
  assert.throws(() => run(open), { message: 'Task a not exposed' });
  tunnel.mode = 'client';
  assert.equal(run(open), 'ran');
  assert.throws(() => run(new TunnelPolicy(storeWith(tunnel))), { message: 'Exposure not enabled' });
});
