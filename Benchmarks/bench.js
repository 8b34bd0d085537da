'use strict';

/** The command behind scripts/bench: reads the options, measures, writes the results. */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { has } = require('../node-shim/lib/measure/load');
const { bench } = require('./lib/bench');
const { allSubjects } = require('./lib/subjects');
const { CASES } = require('./lib/work');
const { textReport } = require('./lib/report');
const { pageReport } = require('./lib/report-page');
const { writeDocs } = require('./lib/docs');

const ROOT = path.join(__dirname, '..');

const HELP = `Usage: scripts/bench [options]

Measures the sidecar beside plain Node http, nginx before Node and the real nodeExposure, interleaved in rounds.

  --quick            the most telling cases, short rounds: about two minutes
  --runner FILE      a CommonJS bundle of @bluelibs/runner's Node build: adds nodeExposure, and the sidecar serving the real runner
  --front FILE       the front's binary (dist/runner-sidecar, which scripts/build-static makes, when no other is named)
  --subjects A,B     only these: sidecar, plain, nginx, nodeexposure, sidecar-runner
  --cases A,B        only these: ${CASES.map(({ id }) => id).join(', ')}
  --rounds N         5, with --quick 2
  --seconds N        of load in a round: 4, with --quick 1
  --out DIRECTORY    for results.json and results.html (Benchmarks/results)
  --write-docs       also writes the figures into docs/performance.md
  --from FILE        measures nothing: makes page and docs from a results.json

Exit code: 0 measured, 1 the sidecar gave a wrong answer, 2 it could not be measured. A missed target, and a peer that
answers wrongly, are shown and are no error.
`;

function readOptions(argv) {
  const { values } = parseArgs({ args: argv, options: {
    quick: { type: 'boolean' }, runner: { type: 'string' }, front: { type: 'string' }, subjects: { type: 'string' }, cases: { type: 'string' },
    rounds: { type: 'string' }, seconds: { type: 'string' }, out: { type: 'string' }, 'write-docs': { type: 'boolean' }, from: { type: 'string' }, help: { type: 'boolean' },
  } });
  const front = path.resolve(values.front ?? path.join(ROOT, 'dist', 'runner-sidecar'));
  const { quick = false } = values;
  return {
    help: values.help, from: values.from, writeDocs: values['write-docs'] ?? false, front,
    out: path.resolve(values.out ?? path.join(__dirname, 'results')),
    subjects: chosen(allSubjects({ front, runner: values.runner }), values.subjects, 'subject'),
    cases: chosen(CASES.filter((work) => !quick || work.quick || values.cases), values.cases, 'case'),
    rounds: Number(values.rounds ?? (quick ? 2 : 5)),
    seconds: Number(values.seconds ?? (quick ? 1 : 4)),
    syscallCases: quick ? new Set(['add']) : undefined,
    idleConnections: values.cases ? [] : quick ? [1000] : [1000, 10_000],
  };
}

function chosen(all, names, kind) {
  if (!names) return all;
  return names.split(',').map((name) => {
    const found = all.find(({ id }) => id === name);
    if (!found) throw new Error(`no ${kind} '${name}': ${all.map(({ id }) => id).join(', ')}`);
    return found;
  });
}

async function main(argv) {
  const options = readOptions(argv);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (!options.from && !has('wrk')) throw new Error('wrk is needed: apt-get install wrk');
  const results = options.from
    ? JSON.parse(fs.readFileSync(options.from, 'utf8'))
    : await bench({ ...options, report: (text) => process.stderr.write(`${text}\n`) });
  fs.mkdirSync(options.out, { recursive: true });
  if (!options.from) fs.writeFileSync(path.join(options.out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  fs.writeFileSync(path.join(options.out, 'results.html'), pageReport(results));
  if (options.writeDocs) writeDocs(path.join(ROOT, 'docs', 'performance.md'), results);
  process.stdout.write(textReport(results));
  process.stderr.write(`written: ${path.join(options.out, 'results.json')}, results.html\n`);
  return results.failures.some(({ subject }) => subject.startsWith('sidecar')) ? 1 : 0;
}

main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 2;
});
