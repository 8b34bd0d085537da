'use strict';

/** The command behind scripts/bench-instructions: counts, and compares with the recorded baseline, or records one. */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { has } = require('../compare/measure/load');
const { stopWhenInterrupted } = require('./lib/children');
const { countModules, countCalls } = require('./lib/instructions');
const { compare, comparisonText } = require('./lib/instruction-baseline');

const ROOT = path.join(__dirname, '..');
const BASELINE = path.join(__dirname, 'instructions', 'baseline.json');

const HELP = `Usage: scripts/bench-instructions [options]

Counts the instructions (user mode, by valgrind's callgrind) of the front's pure modules and of whole calls through the
front, and holds them against Benchmarks/instructions/baseline.json. Needs no quiet machine.

  --baseline FILE    compares with this instead
  --record           writes the baseline instead of comparing with it
  --json FILE        also writes what was counted, in a baseline's form
  --front FILE       the front's binary (dist/runner-sidecar)
  --modules FILE     the modules' benchmark (dist/bench-modules)

Exit code: 0 not worse than the baseline, or not judged (valgrind is missing, or another compiler or processor than the
baseline's), 1 worse, 2 it could not be counted.
`;

/** What instruction counts depend on beside the code: the compiler, and which of libc's copies fits the processor. */
function machineFacts() {
  const swift = execFileSync('sh', ['-c', 'swift --version 2>/dev/null || true'], { encoding: 'utf8' });
  const flags = /^flags\s*:(.*)$/m.exec(fs.readFileSync('/proc/cpuinfo', 'latin1'))?.[1].split(' ') ?? [];
  return {
    swift: /Swift version (\S+)/.exec(swift)?.[1] ?? 'unknown',
    architecture: os.arch(),
    vectors: ['avx2', 'erms', 'fsrm'].filter((flag) => flags.includes(flag)).join(' '),
    libc: process.report.getReport().header.glibcVersionRuntime ?? 'unknown',
  };
}

async function main(argv) {
  const { values } = parseArgs({ args: argv, options: {
    record: { type: 'boolean' }, json: { type: 'string' }, front: { type: 'string' }, modules: { type: 'string' },
    baseline: { type: 'string' }, help: { type: 'boolean' },
  } });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const missing = ['valgrind', 'callgrind_control'].filter((program) => !has(program));
  if (missing.length > 0) {
    process.stdout.write(`skipped: ${missing.join(' and ')} not found (Debian: apt-get install valgrind)\n`);
    return 0;
  }
  const counted = await count(
    path.resolve(values.front ?? path.join(ROOT, 'dist', 'runner-sidecar')),
    path.resolve(values.modules ?? path.join(ROOT, 'dist', 'bench-modules')),
  );
  if (values.json) write(values.json, counted);
  const baseline = path.resolve(values.baseline ?? BASELINE);
  if (values.record) {
    write(baseline, counted);
    return 0;
  }
  if (!fs.existsSync(baseline)) throw new Error(`there is no ${baseline}: --record makes one`);
  const comparison = compare(JSON.parse(fs.readFileSync(baseline, 'utf8')), counted);
  process.stdout.write(comparisonText(comparison));
  return comparison.isWorse ? 1 : 0;
}

async function count(front, modules) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'runner-sidecar-instructions-'));
  const report = (text) => process.stderr.write(`${text}\n`);
  try {
    return {
      machine: machineFacts(),
      groups: {
        modules: rounded(await countModules(modules, directory, report)),
        calls: rounded(await countCalls(front, directory, report)),
      },
    };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** A tenth of an instruction is below what repeats. */
function rounded(counts) {
  return Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, Number(value.toFixed(1))]));
}

function write(file, counts) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(counts, null, 2)}\n`);
}

stopWhenInterrupted();
main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
  process.stderr.write(`bench-instructions: ${error.message}\n`);
  process.exitCode = 2;
});
