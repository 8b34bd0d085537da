'use strict';

/** The command behind scripts/bench: reads the options, measures, writes the results. */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { has } = require('../compare/measure/load');
const { stopWhenInterrupted, wasInterrupted } = require('./lib/children');
const { bench } = require('./lib/bench');
const { allSubjects } = require('./lib/subjects');
const { CASES } = require('./lib/work');
const { textReport } = require('./lib/report');
const { pageReport } = require('./lib/report-page');
const { writeDocs } = require('./lib/docs');
const { evaluateTargets } = require('./lib/targets');

const ROOT = path.join(__dirname, '..');

const HELP = `Usage: scripts/bench [options]

Measures the sidecar beside plain Node http, nginx and HAProxy before Node, Passenger and the real nodeExposure,
interleaved in rounds. At its default it takes about twenty minutes; the machine should have nothing else to do.

  --quick            the most telling cases, short rounds: about four minutes
  --runner FILE      a CommonJS bundle of @bluelibs/runner's Node build: adds nodeExposure, and the sidecar serving the
                     real runner
  --runner-5 FILE    the same of a 5.x, --runner-6 FILE of a 6.x: adds nodeexposure-5, sidecar-5, lanes-6, sidecar-6
  --front FILE       the front's binary (dist/runner-sidecar, which scripts/build-static makes, when no other is named)
  --modules FILE     the modules' benchmark (dist/bench-modules, the same)
  --subjects A,B     only these: sidecar, floor, plain, nginx, haproxy, passenger, nodeexposure, sidecar-runner,
                     nodeexposure-5, sidecar-5, lanes-6, sidecar-6
  --cases A,B        only these: ${CASES.map(({ id }) => id).join(', ')}
  --rounds N         5, with --quick 2; three fifths of it for the cases that no target stands on
  --seconds N        of load in a round: 2, with --quick 1
  --out DIRECTORY    for results.json and results.html (Benchmarks/results)
  --write-docs       also writes the figures into docs/performance.md
  --from FILE        measures nothing: makes page and docs from a results.json
  --instructions     as the first option: counts instructions instead, see scripts/bench-instructions --help

Exit code: 0 measured, 1 the sidecar gave a wrong answer, 2 it could not be measured. A missed target, and a peer that
answers wrongly, are shown and are no error.
`;

const TEXT = { type: 'string' };
const FLAG = { type: 'boolean' };
const OPTIONS = {
  quick: FLAG, runner: TEXT, 'runner-5': TEXT, 'runner-6': TEXT, front: TEXT, modules: TEXT, subjects: TEXT,
  cases: TEXT, rounds: TEXT, seconds: TEXT,
  out: TEXT, 'write-docs': FLAG, from: TEXT, help: FLAG,
};

function readOptions(argv) {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  const front = path.resolve(values.front ?? path.join(ROOT, 'dist', 'runner-sidecar'));
  const { quick = false, runner, 'runner-5': runner5, 'runner-6': runner6 } = values;
  for (const bundle of [runner, runner5, runner6]) {
    if (bundle && !fs.existsSync(bundle)) throw new Error(`there is no ${bundle}`);
  }
  return {
    help: values.help, from: values.from, writeDocs: values['write-docs'] ?? false, front, runner,
    modules: path.resolve(values.modules ?? path.join(ROOT, 'dist', 'bench-modules')),
    out: path.resolve(values.out ?? path.join(__dirname, 'results')),
    subjects: chosen(allSubjects({ front, runner, runner5, runner6 }), values.subjects, 'subject'),
    cases: chosen(CASES.filter((work) => !quick || work.quick || values.cases), values.cases, 'case'),
    rounds: Number(values.rounds ?? (quick ? 2 : 5)),
    seconds: Number(values.seconds ?? (quick ? 1 : 2)),
    idleConnections: values.cases ? [] : quick ? [1000] : [1000, 10_000],
    extras: !values.cases,
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
  if (!options.from && !has('wrk')) throw new Error('wrk is needed: scripts/setup --bench');
  const file = path.join(options.out, 'results.json');
  fs.mkdirSync(options.out, { recursive: true });
  if (!options.from) {
    const measured = await bench({ ...options, report: (text) => process.stderr.write(`${text}\n`) });
    if (wasInterrupted()) throw new Error('interrupted');
    fs.writeFileSync(file, `${JSON.stringify(measured, null, 1)}\n`);
  }
  // From the file in both cases: what JSON cannot hold is then missing from both.
  const results = withTargets(JSON.parse(fs.readFileSync(options.from ?? file, 'utf8')));
  fs.writeFileSync(path.join(options.out, 'results.html'), pageReport(results));
  if (options.writeDocs) writeDocs(path.join(ROOT, 'docs', 'performance.md'), results);
  process.stdout.write(textReport(results));
  process.stderr.write(`written: ${file}, results.html\n`);
  return results.failures.some(({ subject }) => subject.startsWith('sidecar')) ? 1 : 0;
}

/** Targets may have been added, or moved, since the figures were measured. */
const withTargets = (results) => ({ ...results, targets: evaluateTargets(results) });

stopWhenInterrupted();
main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 2;
});
