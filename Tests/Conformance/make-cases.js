'use strict';

// Writes cases/*.jsonl, the copy of the small cases that travels with the project: `node make-cases.js
// RECORDING.jsonl`; or, for another release than 4.8.6, cases/RELEASE/*.jsonl: `node make-cases.js RECORDING.jsonl
// RELEASE`.
const fs = require('node:fs');
const path = require('node:path');
const { CASES_FOLDER } = require('./records.js');

/** A case is small when its request and its answer each stay below this. */
const SMALL_BYTES = 2048;

const folder = path.join(CASES_FOLDER, process.argv[3] ?? '');
const lines = fs.readFileSync(process.argv[2], 'utf8').split('\n').filter((line) => line !== '');
const byGroup = new Map();
for (const line of lines) {
  const record = JSON.parse(line);
  const sizes = [record.request_base64, record.body_base64].map((text) => Buffer.byteLength(text ?? '', 'base64'));
  const bodyWasLeftOut = record.body_base64 === null && record.status !== null;
  if (bodyWasLeftOut || sizes.some((size) => size >= SMALL_BYTES)) continue;
  if (!byGroup.has(record.group)) byGroup.set(record.group, []);
  byGroup.get(record.group).push(line);
}
fs.mkdirSync(folder, { recursive: true });
let kept = 0;
for (const [group, groupLines] of byGroup) {
  fs.writeFileSync(path.join(folder, `${group}.jsonl`), `${groupLines.join('\n')}\n`);
  kept += groupLines.length;
}
console.log(`${kept} of ${lines.length} cases kept, in ${byGroup.size} groups`);
