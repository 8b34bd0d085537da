'use strict';

/** The results as text for the terminal, and as Markdown for docs/performance.md. One set of tables for both. */

const { figure, byteFigure } = require('../../node-shim/lib/measure/charts');

const figureIn = (entry, path) => entry?.figures[path]?.median;

/**
 * The tables of a report: name, heads and rows of text. A head that begins with `#` is a column of numbers.
 *
 * @param {object} results
 * @returns {Array<{title: string, heads: string[], rows: string[][]}>}
 */
function tables(results) {
  return [targetTable(results), ...results.cases.map((work) => caseTable(results, work)), idleTable(results)].filter(({ rows }) => rows.length > 0);
}

function targetTable({ targets }) {
  const rows = targets.map(({ what, wanted, unit, measured, spread, met }) => [
    what, wanted,
    measured === undefined ? 'not measured' : `${figure(measured)}${unit}`,
    spread && spread[0] !== spread[1] ? `${figure(spread[0])} – ${figure(spread[1])}` : '',
    met === undefined ? '–' : met ? 'met' : 'missed',
  ]);
  return { title: 'Targets', heads: ['what', '#wanted', '#measured', '#rounds', ''], rows };
}

function caseTable({ subjects, summary, syscalls, failures }, work) {
  const rows = subjects.flatMap(({ id, title }) => {
    const entry = summary.find((one) => one.case === work.id && one.subject === id);
    const failure = failures.find((one) => one.case === work.id && one.subject === id);
    if (!entry) return failure ? [[title, `failed: ${failure.reason}`]] : [];
    const rate = entry.figures.requestsPerSecond;
    const calls = syscalls.find((one) => one.case === work.id && one.subject === id);
    return [[
      title, figure(rate.median), `${figure(rate.low)} – ${figure(rate.high)}`,
      ...['p50', 'p90', 'p99', 'p999'].map((name) => figure(figureIn(entry, `milliseconds.${name}`))),
      ...['front', 'node', 'all'].map((part) => figure(figureIn(entry, `cpuSecondsPer100k.${part}`))),
      calls ? figure(calls.perRequest) : '–', byteFigure(figureIn(entry, 'peakBytes')),
    ]];
  });
  const heads = ['', '#requests/s', '#rounds', '#p50 ms', '#p90', '#p99', '#p99.9', '#CPU s/100k: front', '#Node', '#all', '#syscalls/request', '#peak memory'];
  return { title: work.title, heads, rows: rows.map((row) => [...row, ...Array(heads.length - row.length).fill('')]) };
}

function idleTable({ subjects, idle }) {
  const rows = subjects.flatMap(({ id, title }) => idle.filter(({ subject }) => subject === id).map(({ connections, bytesEach }) => [
    title, figure(connections), figure(bytesEach.front), figure(bytesEach.node), figure(bytesEach.all),
  ]));
  return { title: 'Idle keep-alive connections, bytes of memory each', heads: ['', '#open', '#front', '#Node', '#all'], rows };
}

/** @param {object} results */
function machineSentence({ machine, date, rounds, seconds, busyBefore }) {
  const quiet = busyBefore > 0.15 ? ` ${Math.round(busyBefore * 100)} % of the machine was busy with other work when the run began, so absolute figures are low; ratios are formed within each round.` : '';
  return `Measured on ${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${byteFigure(machine.memoryBytes)}, ${machine.kernel}, Node ${machine.node}`
    + `${machine.wrk ? `, wrk ${machine.wrk}` : ''}${machine.nginx ? `, nginx ${machine.nginx}` : ''}. ${rounds} rounds of ${seconds} s for each subject and case, interleaved; medians. The load generator shares the cores.${quiet}`;
}

/** @param {object} results */
function textReport(results) {
  const parts = [machineSentence(results), ...results.skipped.map(({ subject, reason }) => `Left out: ${subject}: ${reason}.`)];
  for (const { title, heads, rows } of tables(results)) parts.push('', title, alignedTable(heads, rows));
  return `${parts.join('\n')}\n`;
}

function alignedTable(heads, rows) {
  const names = heads.map((head) => head.replace(/^#/, ''));
  // A failure's sentence stands in a number's column and must not widen it.
  const widths = names.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i].startsWith('failed') ? 0 : row[i].length))));
  const line = (cells) => `  ${cells.map((cell, i) => (heads[i].startsWith('#') ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ')}`.trimEnd();
  return [line(names), ...rows.map(line)].join('\n');
}

/** @param {object} results */
function markdownReport(results) {
  const parts = [machineSentence(results), ''];
  for (const { subject, reason } of results.skipped) parts.push(`Left out: ${subject}: ${reason}.`, '');
  for (const { title, heads, rows } of tables(results)) {
    const cell = (text) => text.replace(/\|/g, '\\|');
    parts.push(`### ${title}`, '', `| ${heads.map((head) => head.replace(/^#/, '')).join(' | ')} |`, `|${heads.map((head) => (head.startsWith('#') ? '---:' : '---')).join('|')}|`);
    parts.push(...rows.map((row) => `| ${row.map(cell).join(' | ')} |`), '');
  }
  return parts.join('\n');
}

module.exports = { tables, textReport, markdownReport, machineSentence };
