'use strict';

/** The comparison as text for a terminal. */

const { figure, byteFigure } = require('../measure/charts');
const { at } = require('../measure/latency');

const MARKS = { same: '=', noisy: '~', different: '≠', unanswered: '!', skipped: '-' };

/**
 * @param {import('./report').Report} report
 * @param {{colour?: boolean}} [options]
 * @returns {string}
 */
function textReport(report, options = {}) {
  const { colour = false } = options;
  const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines = ['', `first   ${report.urls[0]}`, `second  ${report.urls[1]}`, `not compared: ${report.ignoredHeaders.join(', ')}`, ''];
  const shown = report.requests.filter(({ verdict }) => verdict !== 'skipped');
  const width = Math.min(56, Math.max(8, ...shown.map(({ name }) => name.length)));
  lines.push(`  ${'request'.padEnd(width)}  status     first byte, ms   verdict`);
  for (const entry of shown) {
    lines.push(requestLine(entry, width, paint));
    for (const { place, first, second } of entry.differences.slice(0, 3)) lines.push(paint(31, `      ${place}: ${first}  →  ${second}`));
    if (entry.differences.length > 3) lines.push(`      and ${entry.differences.length - 3} more`);
    if (entry.noise.length > 0) lines.push(paint(2, `      varies by itself: ${entry.noise.slice(0, 3).map(({ place }) => place).join(', ')}`));
  }
  const { counts } = report;
  lines.push('', `  ${counts.same} same, ${counts.noisy} same but for noise, ${counts.different} different, ${counts.unanswered} unanswered, ${counts.skipped} not sent`);
  if (counts.skipped > 0) lines.push('  not sent: they may change something; mark them "safe": true or use --include-unsafe');
  if (report.load) lines.push('', ...loadLines(report.load));
  if (report.loadNote) lines.push('', `  ${report.loadNote}`);
  const codes = { same: 32, different: 31, impossible: 33 };
  lines.push('', paint(`1;${codes[report.outcome]}`, report.verdict), '');
  return lines.join('\n');
}

function requestLine({ name, verdict, first, second }, width, paint) {
  const status = first.status === second.status ? String(first.status) : `${first.status || '–'} / ${second.status || '–'}`;
  const times = `${figure(first.firstByteMilliseconds)} / ${figure(second.firstByteMilliseconds)}`;
  const short = name.length > width ? `${name.slice(0, width - 1)}…` : name;
  const line = `${MARKS[verdict]} ${short.padEnd(width)}  ${status.padEnd(9)}  ${times.padEnd(15)}  ${verdict}`;
  return verdict === 'different' || verdict === 'unanswered' ? paint(31, line) : line;
}

function loadLines({ tool, request, connections, rounds, seconds, sides }) {
  /** @type {Array<[string, (side: import('./measure').SideMeasure) => string]>} */
  const rows = [
    ['requests per second', (side) => figure(side.requestsPerSecond)],
    ['p50, ms', ({ latency }) => figure(at(latency, 50))],
    ['p90, ms', ({ latency }) => figure(at(latency, 90))],
    ['p99, ms', ({ latency }) => figure(at(latency, 99))],
    ['longest, ms', (side) => figure(at(side.latency, 100))],
    ['CPU s per 100,000', (side) => figure(side.cpuSecondsPer100k)],
    ['memory', (side) => byteFigure(side.residentBytes)],
    ['failures', (side) => String(side.failures)],
  ];
  return [
    `  load: '${request}', ${connections} connections, ${rounds} rounds of ${seconds} s each, by ${tool === 'own' ? 'a loader of our own (neither wrk nor ab is installed)' : tool}`,
    `  ${''.padEnd(22)}${'first'.padStart(14)}${'second'.padStart(14)}`,
    ...rows.map(([name, show]) => `  ${name.padEnd(22)}${show(sides[0]).padStart(14)}${show(sides[1]).padStart(14)}`),
    ...sides.map((side, index) => `  processes counted, ${index === 0 ? 'first' : 'second'}: ${processList(side.processes)}`),
  ];
}

function processList(processes) {
  return processes.map(({ pid, name }) => `${name ?? 'gone'} (${pid})`).join(', ') || 'none found: no CPU and memory figures';
}

module.exports = { textReport, processList };
