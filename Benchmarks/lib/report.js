'use strict';

/** The results as text for the terminal, and as Markdown for docs/performance.md. One set of tables for both. */

const { figure, byteFigure } = require('../../compare/measure/charts');
const { breakdownTables } = require('./breakdown');
const { spreadOf } = require('./results');
const { DISTURBED_SHARE } = require('./machine');

/**
 * The tables of a report: name, heads and rows of text. A head that begins with `#` is a column of numbers.
 *
 * @typedef {{title: string, heads: string[], rows: string[][]}} Table
 *
 * @param {object} results
 * @returns {{targets: Table, breakdown: Table[], cases: Table[], idle: Table}} no empty tables in the lists
 */
function tables(results) {
  return {
    targets: targetTable(results),
    breakdown: breakdownTables(results),
    cases: results.cases.map((work) => caseTable(results, work)).filter(({ rows }) => rows.length > 0),
    idle: idleTable(results),
  };
}

function targetTable({ targets }) {
  const rows = targets.map(({ what, wanted, unit, measured, spread, met, whyNot }) => [
    what, wanted,
    measured !== undefined ? `${figure(measured)}${unit}` : whyNot ? 'cannot be' : 'not measured',
    spread && spread[0] !== spread[1] ? range(spread[0], spread[1]) : '',
    met === undefined ? '–' : met ? 'met' : 'missed',
  ]);
  return { title: 'Targets', heads: ['what', '#wanted', '#measured', '#rounds', ''], rows };
}

const range = (low, high) => `${figure(low)} – ${figure(high)}`;

const CASE_HEADS = [
  '', '#requests/s', '#rounds', '#p50 ms', '#p90', '#p99', '#p99.9', '#CPU s/100k: front', '#Node', '#all',
  '#user share', '#system calls', '#peak',
];

function caseTable({ subjects, summary, syscalls, failures }, work) {
  const ofThis = (list, id) => list.find((one) => one.case === work.id && one.subject === id);
  const rows = subjects.flatMap(({ id, title }) => {
    const failure = ofThis(failures, id);
    const entry = ofThis(summary, id);
    if (!entry) return failure ? [[title, failure.isOwn ? 'cannot be' : 'failed']] : [];
    const middle = (path) => entry.figures[path]?.median;
    const rate = entry.figures.requestsPerSecond;
    const calls = ofThis(syscalls, id);
    const userShare = middle('frontUserShare');
    return [[
      title, figure(rate.median), rate.low === rate.high ? '' : range(rate.low, rate.high),
      ...['p50', 'p90', 'p99', 'p999'].map((name) => figure(middle(`milliseconds.${name}`))),
      ...['front', 'node', 'all'].map((part) => figure(middle(`cpuSecondsPer100k.${part}`))),
      userShare === undefined ? '–' : `${Math.round(userShare * 100)} %`,
      calls ? figure(calls.all) : '–', byteFigure(middle('peakBytes')),
    ]];
  });
  const whole = rows.map((row) => [...row, ...Array(CASE_HEADS.length - row.length).fill('')]);
  return { title: work.title, heads: CASE_HEADS, rows: whole };
}

/** Why something is not among the figures. @param {object} results @returns {string[]} */
function failureSentences({ failures, subjects, cases }) {
  const titleOf = (list, id) => list.find((one) => one.id === id)?.title ?? id;
  return failures.map(({ subject, case: id, reason, isOwn }) => {
    const where = `${titleOf(subjects, subject)}, ${titleOf(cases, id)}`;
    return `${where}: ${isOwn ? 'cannot be measured' : 'failed'}: ${reason.split('\n')[0].slice(0, 200)}.`;
  });
}

function idleTable({ subjects, idle }) {
  const rows = subjects.flatMap(({ id, title }) => (
    idle.filter(({ subject }) => subject === id).map(({ connections, bytesEach }) => [
      title, figure(connections), ...[bytesEach.front, bytesEach.node, bytesEach.all].map((bytes) => figure(bytes)),
    ])));
  const heads = ['', '#open', '#front', '#Node', '#all'];
  return { title: 'Idle keep-alive connections, bytes of memory each', heads, rows };
}

/** @param {object} results @returns {string[]} what a reader must know of how the figures came about */
function methodSentences(results) {
  const { machine, date, rounds, minorRounds, seconds, tookSeconds, runs, busyBefore, skipped } = results;
  const programs = ['wrk', 'nginx', 'haproxy', 'passenger'].filter((name) => machine[name])
    .map((name) => `, ${name} ${machine[name]}`).join('');
  const disturbance = spreadOf(runs.map((run) => run.disturbance));
  const disturbed = runs.filter((run) => run.disturbance > DISTURBED_SHARE).length;
  const share = (value) => `${Math.round(value * 100)} %`;
  const sentences = [
    `Measured on ${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${byteFigure(machine.memoryBytes)}, `
    + `${machine.kernel}, Node ${machine.node}${programs}.`,
    `${rounds} rounds of ${seconds} s for each subject and case (${minorRounds} for cases without a target), `
    + 'interleaved, each subject going first in turn, after a load that lets V8 compile; every answer was checked. '
    + `The whole run took ${Math.round(tookSeconds / 60)} minutes. Figures are medians of the rounds; ratios are `
    + 'formed within each round, and are the medians of those. wrk has one thread, is pinned to no core and '
    + 'shares them with what it measures.',
  ];
  if (disturbance) {
    const spoilt = disturbed > runs.length / 10;
    sentences.push(
      `Other work took ${share(disturbance.median)} of the machine in the median run and ${share(disturbance.high)} in `
      + `the worst; it was more than ${share(DISTURBED_SHARE)} in ${disturbed} of ${runs.length} runs, and `
      + `${share(busyBefore)} just before the first.`
      + `${spoilt ? ' So rates are low, and latencies high; CPU for a request moves less.' : ''}`,
    );
  }
  return [
    ...sentences, ...skipped.map(({ subject, reason }) => `Left out: ${subject}: ${reason}.`),
    ...failureSentences(results),
  ];
}

const allTables = (results) => {
  const { targets, breakdown, cases, idle } = tables(results);
  return [targets, ...breakdown, ...cases, idle].filter(({ rows }) => rows.length > 0);
};

/** @param {object} results */
function textReport(results) {
  const parts = methodSentences(results);
  for (const { title, heads, rows } of allTables(results)) parts.push('', title, alignedTable(heads, rows));
  return `${parts.join('\n')}\n`;
}

function alignedTable(heads, rows) {
  const names = heads.map((head) => head.replace(/^#/, ''));
  const widths = names.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const aligned = (cell, i) => (heads[i].startsWith('#') ? cell.padStart(widths[i]) : cell.padEnd(widths[i]));
  const line = (cells) => `  ${cells.map(aligned).join('  ')}`.trimEnd();
  return [line(names), ...rows.map(line)].join('\n');
}

/** @param {Table} table @returns {string} Markdown, under its title if it has one */
function markdownTable({ title, heads, rows }) {
  const line = (cells) => `| ${cells.map((text) => text.replace(/\|/g, '\\|')).join(' | ')} |`;
  const rule = `|${heads.map((head) => (head.startsWith('#') ? '---:' : '---')).join('|')}|`;
  const lines = [line(heads.map((head) => head.replace(/^#/, ''))), rule, ...rows.map(line)];
  return [...(title ? [`### ${title}`, ''] : []), ...lines].join('\n');
}

module.exports = { tables, methodSentences, textReport, markdownTable };
