'use strict';

// A comparison that cannot fail proves nothing: here every aspect of every recorded answer is falsified once, and the
// comparison must notice.
const assert = require('node:assert/strict');
const test = require('node:test');
const { committedCases } = require('./records.js');
const { differences } = require('./agreement.js');
const { strictnessOf, answersWhatCameBefore, readsTheRest } = require('./stricter-on-purpose.js');

/** What a server that behaves exactly as recorded would show. */
function asRecorded(record) {
  const { status, reason, headers, framing, complete, closed, body } = record;
  return {
    status, reason, headers: headers.map((field) => [...field]), framing, complete, closed, body: Buffer.from(body),
  };
}

/** Falsifications of an answer: each must be noticed wherever it changes anything that is promised. */
const FALSIFICATIONS = {
  'another status': (observed) => { observed.status = observed.status === 200 ? 201 : 200; },
  'another reason': (observed) => { observed.reason = `${observed.reason}x`; },
  'a missing header': (observed) => { observed.headers.pop(); },
  'an added header': (observed) => { observed.headers.push(['X-Extra', '1']); },
  'headers in another order': (observed) => { observed.headers.reverse(); },
  'a header name in another case': (observed) => { observed.headers[0][0] = otherCase(observed.headers[0][0]); },
  'another header value': (observed) => { observed.headers[0][1] += 'x'; },
  'a Date that is none': (observed) => { observed.headers.find(([name]) => name === 'Date')[1] = 'today'; },
  'another framing': (observed) => {
    observed.framing = observed.framing === 'chunked' ? 'content-length' : 'chunked';
  },
  'one byte more': (observed) => { observed.body = Buffer.concat([observed.body, Buffer.from('x')]); },
  'a body cut short': (observed) => { observed.complete = false; },
  'another fate of the connection': (observed) => { observed.closed = !observed.closed; },
  'no answer': (observed) => { observed.status = null; },
  'bytes that are not HTTP': (observed) => { observed.malformed = 'not a status line'; },
};

const inFull = committedCases().filter((record) => (record.origin === 'exposure' || record.origin === 'task')
  && !strictnessOf(record) && !readsTheRest(record));

test('an answer equal to the record agrees, for every committed case', () => {
  for (const record of inFull) assert.deepEqual(differences(record, asRecorded(record)), [], record.name);
});

for (const [what, falsify] of Object.entries(FALSIFICATIONS)) {
  test(`${what} does not agree, for any committed case`, () => {
    for (const record of inFull) {
      const observed = asRecorded(record);
      falsify(observed);
      assert.notDeepEqual(differences(record, observed), [], `${record.variant}/${record.name}`);
    }
  });
}

test('another date and another keep-alive timeout agree', () => {
  for (const record of inFull) {
    const observed = asRecorded(record);
    for (const field of observed.headers) {
      if (field[0] === 'Date') field[1] = 'Tue, 01 Dec 2026 00:00:00 GMT';
      if (field[0] === 'Keep-Alive') field[1] = 'timeout=75';
    }
    assert.deepEqual(differences(record, observed), []);
  }
});

const nodeRefusals = committedCases().filter((record) => record.origin === 'node-http'
  && !answersWhatCameBefore(record));
const envelope = Buffer.from('{"ok":false,"error":{"message":"Bad Request","code":"BAD_REQUEST"}}');
const refusal = {
  status: 400, reason: 'Bad Request', headers: [], framing: 'content-length', body: envelope, complete: true,
  closed: true,
};

test("where Node's parser refuses, refusing with an envelope and a close agrees", () => {
  assert.ok(nodeRefusals.length > 20);
  for (const record of nodeRefusals) assert.deepEqual(differences(record, refusal), [], record.name);
});

test("where Node's parser refuses, being laxer does not agree", () => {
  for (const record of nodeRefusals) {
    assert.notDeepEqual(differences(record, { ...refusal, status: 200 }), [], `${record.name} answered`);
    assert.notDeepEqual(differences(record, { ...refusal, status: null, closed: false }), [], `${record.name} hung`);
    assert.notDeepEqual(
      differences(record, { ...refusal, body: Buffer.from('<html>') }),
      [],
      `${record.name} with a body that is no envelope`,
    );
    if (record.closed) {
      assert.notDeepEqual(differences(record, { ...refusal, closed: false }), [], `${record.name} kept open`);
    }
  }
});

test('where a whole request comes before the fault, it is answered, and nothing after it is', () => {
  const cases = committedCases().filter(answersWhatCameBefore);
  assert.ok(cases.length > 0);
  const served = { ...refusal, status: 200, furtherStatuses: [400] };
  for (const record of cases) {
    assert.deepEqual(differences(record, served), []);
    assert.deepEqual(differences(record, { ...served, furtherStatuses: [] }), []);
    assert.notDeepEqual(differences(record, { ...served, furtherStatuses: [200] }), [], 'the rest was served');
    assert.notDeepEqual(differences(record, { ...served, closed: false }), [], 'kept open');
  }
});

test('what RFC 9112 forbids is refused, although Node let it pass', () => {
  const cases = committedCases().filter(strictnessOf);
  assert.ok(cases.length > 0);
  for (const record of cases) {
    assert.deepEqual(differences(record, refusal), []);
    assert.notDeepEqual(differences(record, asRecorded(record)), [], record.name);
  }
});

test('where the original hung, only a clear error and a close agree', () => {
  const hangs = committedCases().filter((record) => record.origin === 'no-answer');
  assert.ok(hangs.length > 0);
  for (const record of hangs) {
    assert.deepEqual(differences(record, refusal), []);
    assert.notDeepEqual(differences(record, { ...refusal, closed: false }), []);
    assert.notDeepEqual(differences(record, { ...refusal, status: 200 }), []);
    assert.notDeepEqual(differences(record, asRecorded(record)), [], 'hanging as the original did');
  }
});

function otherCase(name) {
  return name === name.toLowerCase() ? name.toUpperCase() : name.toLowerCase();
}
