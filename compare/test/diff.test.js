'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const { jsonDifferences } = require('../lib/json-diff');
const { differences, judge } = require('../lib/diff');

const answer = (parts = {}) => ({
  status: 200, headers: [], complete: true, streamed: false, ...parts, body: Buffer.from(parts.body ?? '{}'),
});
const places = (list) => list.map(({ place }) => place);

test('equal JSON has no difference, whatever the order of keys', () => {
  assert.deepEqual(jsonDifferences({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] }), []);
});

test('the path of a difference leads through members, elements and odd keys', () => {
  const [difference] = jsonDifferences({ result: { 'a b': [0, { c: 1 }] } }, { result: { 'a b': [0, { c: 2 }] } });
  assert.deepEqual(difference, { path: '$.result["a b"][1].c', first: '1', second: '2' });
});

test('absent is not null, a shorter list shows what it lacks, an object is not a list, -0 is not 0', () => {
  assert.deepEqual(jsonDifferences({ a: null }, {}), [{ path: '$.a', first: 'null', second: '(absent)' }]);
  assert.deepEqual(jsonDifferences([1], [1, 2]), [{ path: '$[1]', first: '(absent)', second: '2' }]);
  assert.deepEqual(jsonDifferences({}, []), [{ path: '$', first: '{}', second: '[]' }]);
  assert.equal(jsonDifferences(-0, 0).length, 1);
});

test('a member named __proto__ is compared like any other', () => {
  assert.equal(jsonDifferences(JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":2}}')).length, 1);
});

test('status, header, body and end of body are told apart', () => {
  const found = differences(
    answer({ headers: [['Vary', 'Origin']], body: '{"ok":true}' }),
    answer({ status: 500, headers: [['vary', 'Accept']], body: '{"ok":false}', complete: false }),
  );
  assert.deepEqual(places(found), ['status', 'header vary', 'end of body', 'body $.ok']);
});

test('header names are compared without case, ignored ones not at all, repeated ones in order', () => {
  assert.deepEqual(differences(
    answer({ headers: [['Date', 'a'], ['ETag', 'x']] }), answer({ headers: [['date', 'b'], ['etag', 'x']] }),
  ), []);
  assert.equal(differences(
    answer({ headers: [['Set-Cookie', 'a'], ['Set-Cookie', 'b']] }),
    answer({ headers: [['Set-Cookie', 'b'], ['Set-Cookie', 'a']] }),
  ).length, 1);
});

test('two lengths follow from two bodies and are not told twice; a length on one side only is another framing', () => {
  const counted = answer({ headers: [['content-length', '3']], body: '"a"' });
  assert.deepEqual(places(
    differences(counted, answer({ headers: [['content-length', '4']], body: '"ab"' })),
  ), ['body $']);
  assert.deepEqual(places(differences(counted, answer({ headers: [['transfer-encoding', 'chunked']], body: '"a"' }))), [
    'header content-length', 'header transfer-encoding',
  ]);
});

test('bodies equal as JSON but not in bytes differ; other bodies differ at a byte', () => {
  assert.deepEqual(places(differences(answer({ body: '{"a":1}' }), answer({ body: '{"a": 1}' }))), ['body bytes']);
  assert.deepEqual(differences(answer({ body: 'hello' }), answer({ body: 'help' })).map(({ place, second }) => (
    [place, second]
  )), [['body byte 3', '"p"']]);
});

test('what the first server does not repeat itself is noise, and only that', () => {
  const at = (time, total) => answer({ body: JSON.stringify({ time, total }) });
  assert.deepEqual(judge(at(1, 5), at(3, 5), at(2, 5)).verdict, 'noisy');
  const judged = judge(at(1, 5), at(3, 5), at(2, 6));
  assert.equal(judged.verdict, 'different');
  assert.deepEqual(places(judged.differences), ['body $.total']);
  assert.deepEqual(places(judged.noise), ['body $.time']);
});

test('noise at a place covers what lies below it, and nothing beside it', () => {
  const body = (value) => answer({ body: JSON.stringify(value) });
  assert.equal(judge(body({ now: 1 }), body({ now: { s: 2 } }), body({ now: { s: 3 } })).verdict, 'noisy');
  assert.equal(
    judge(body({ now: 1, nowhere: 1 }), body({ now: 2, nowhere: 1 }), body({ now: 3, nowhere: 2 })).verdict,
    'different',
  );
});

test('no answer on one side is a difference, on both sides it proves nothing', () => {
  const silent = answer({ failure: 'ECONNREFUSED' });
  assert.equal(judge(answer(), answer(), silent).verdict, 'different');
  assert.equal(judge(silent, silent, silent).verdict, 'unanswered');
  assert.equal(judge(silent, silent, answer()).verdict, 'different');
});

test('an answer that streams differs from one that comes at once', () => {
  assert.deepEqual(places(differences(answer({ streamed: true }), answer())), ['streaming']);
});

test('request ids that servers made up are alike, and no others', () => {
  const withId = (value) => answer({ headers: [['x-runner-request-id', value]] });
  const [one, two] = ['8ad2ef11-1668-422c-b58f-b8649ad7fac3', '26fa7b1c-09ce-46b3-8a6a-0d6c8e9d2b11'];
  assert.deepEqual(differences(withId(one), withId(two)), []);
  assert.deepEqual(places(differences(withId(one), answer())), ['header x-runner-request-id']);
  assert.deepEqual(places(differences(withId('mine'), withId('yours'))), ['header x-runner-request-id']);
});
