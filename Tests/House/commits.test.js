'use strict';

/** The first line of a commit says what it does, in few enough characters for a list of commits. */

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');

const root = path.join(__dirname, '..', '..');

/** When this became a rule: older subjects stay as they are. */
const SINCE = '2026-11-25T15:45:00Z';
const LIMIT_CHARACTERS = 72;

/** What is wrong with a subject; null for nothing. @param {string} subject */
function whyWrong(subject) {
  if ([...subject].length > LIMIT_CHARACTERS) return `longer than ${LIMIT_CHARACTERS} characters`;
  if (!/^\p{Lu}/u.test(subject)) return 'does not begin with a capital letter';
  return subject.endsWith('.') ? 'ends with a full stop' : null;
}

test('a subject that is too long, has no capital or ends with a stop is wrong', () => {
  assert.strictEqual(whyWrong('Refuse a tab behind a framing field\'s value, as Node\'s parser does'), null);
  assert.match(whyWrong('A'.padEnd(73, 'a')), /longer than 72/);
  assert.strictEqual(whyWrong('A'.padEnd(72, 'a')), null);
  assert.match(whyWrong('wip'), /capital/);
  assert.match(whyWrong('Mend it.'), /full stop/);
});

test('the subjects of this repository are right', (t) => {
  const { status, stdout } = spawnSync('git', [
    'log', '--no-merges', `--since=${SINCE}`, '--format=%h %s',
  ], { cwd: root, encoding: 'utf8' });
  if (status !== 0) {
    t.skip('there is no history here, as in an archive');
    return;
  }
  const wrong = stdout.split('\n').filter(Boolean).flatMap((line) => {
    const reason = whyWrong(line.slice(line.indexOf(' ') + 1));
    return reason === null ? [] : [`${line}: ${reason}`];
  });
  assert.deepStrictEqual(wrong, []);
});
