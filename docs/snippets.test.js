'use strict';

// The documents keep their word: every snippet in them is run, against a real front, and prints what they say it
// prints. How a snippet says what is to be done with it: support/fences.js.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { readFences } = require('./support/fences.js');
const { SnippetRunner } = require('./support/snippet-runner.js');

const ROOT = path.join(__dirname, '..');
/** Each with who reads it: support/reader.js says what they have. @type {Record<string, 'user' | 'operator'>} */
const READERS = {
  'README.md': 'user', 'docs/migrating.md': 'user', 'docs/operating.md': 'operator', 'docs/security.md': 'operator',
};
const RUNNABLE = ['js', 'sh'];

for (const [document, reader] of Object.entries(READERS)) {
  const fences = readFences(fs.readFileSync(path.join(ROOT, document), 'utf8'));

  test(`every snippet of ${document} is run, or says why it is not`, () => {
    for (const { language, marks, line } of fences.filter((fence) => RUNNABLE.includes(fence.language))) {
      const isSettled = ['run', 'start', 'file'].some((mark) => marks.has(mark)) || marks.get('not-run');
      assert.ok(isSettled, `${document}:${line}: a ${language} snippet that is not marked`);
    }
  });

  for (const section of new Set(fences.map((fence) => fence.section))) {
    const own = fences.filter((fence) => fence.section === section);
    if (!own.some(({ marks }) => marks.has('run') || marks.has('start'))) continue;
    test(`${document}, ${section || 'its beginning'}: does what it says`, { timeout: 90_000 }, async () => {
      const release = own.map(({ marks }) => marks.get('runner')).find(Boolean);
      const runner = await SnippetRunner.create(reader, release);
      try {
        for (const [index, fence] of own.entries()) await perform(runner, fence, own[index + 1], document);
      } finally {
        await runner.stop();
      }
    });
  }
}

async function perform(runner, { language, marks, text, line }, next, document) {
  try {
    if (marks.has('file')) runner.write(marks.get('file'), text);
    const inRepository = marks.has('in-repository');
    if (marks.has('start') || (language === 'js' && marks.has('run'))) {
      await runner.start(marks.get('instead') ?? text, language === 'js', inRepository);
    } else if (marks.has('run')) {
      const printed = await runner.run(text, inRepository);
      if (next?.language === 'text') assert.match(printed, patternOf(next.text), `printed otherwise:\n${printed}`);
    }
  } catch (error) {
    throw new Error(`${document}:${line}: ${error.message}`, { cause: error });
  }
}

/** Exactly this text, with … for anything within a line. */
function patternOf(text) {
  const parts = text.trimEnd().split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}\\s*$`);
}

test('a snippet that prints something else is noticed', () => {
  assert.doesNotMatch('{"ok":true,"result":9}\n', patternOf('{"ok":true,"result":8}\n'));
  assert.match('ready in 12 ms\n', patternOf('ready in … ms\n'));
});
