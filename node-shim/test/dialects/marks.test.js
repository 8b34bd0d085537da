'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { serve } = require('../..');
const { familyOf } = require('../../lib/dialects/marks');
const { storeOf, partsOf } = require('./stores');

for (const family of ['4.8', '4.9', '5', '6']) {
  test(`a store of ${family} is known by its own marks`, () => {
    assert.equal(familyOf(storeOf(family)), family);
  });
}

test('a store that lacks a mark of its family, or has the marks of two, is of no family', () => {
  for (const [family, lacks] of [
    ['4.8', { tags: new Map() }], ['5', { tags: new Map() }], ['6', { tags: new Map() }],
    ['4.8', { resources: new Map() }], ['6', { resources: new Map() }],
    ['6', { resources: new Map([['runner.serializer', {}], ['globals.resources.serializer', {}]]) }],
  ]) assert.equal(familyOf(Object.assign(storeOf(family), lacks)), null);
});

test('an app of an unknown release does not start, and one sentence says which are served', async () => {
  const given = partsOf(storeOf('unknown'));
  for (const attempt of [given, { store: given.store }, given.store]) {
    await assert.rejects(serve(attempt, { socket: '/nowhere' }), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, /^serve\(\) was given a store without the marks .*serves apps on 4\.8 to 6\.4 only$/);
      return true;
    });
  }
});
