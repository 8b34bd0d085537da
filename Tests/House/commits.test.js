'use strict';

/** The first line of a commit says what it does, in few enough characters for a list of commits. */

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');

const root = path.join(__dirname, '..', '..');

/** The last commit before there was this test: older subjects stay as they are. */
const SINCE = '9954f8bf0db8889e2a17f22e22664f32759d5e75';
const LIMIT_CHARACTERS = 72;

const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });
const known = git('merge-base', '--is-ancestor', SINCE, 'HEAD').status === 0;
const skip = !known && 'the history is not here, as in a shallow clone or an archive';

test(`subjects of commits have at most ${LIMIT_CHARACTERS} characters, begin with a capital and end without a stop`, {
  skip,
}, () => {
  const { stdout } = git('log', '--no-merges', '--format=%h %s', `${SINCE}..HEAD`);
  const wrong = stdout.split('\n').filter(Boolean).filter((line) => {
    const subject = line.slice(line.indexOf(' ') + 1);
    return [...subject].length > LIMIT_CHARACTERS || !/^[A-Z].*[^.]$/.test(subject);
  });
  assert.deepStrictEqual(wrong, []);
});
