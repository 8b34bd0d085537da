'use strict';

/** The comparison as text for a terminal. */

const { figure } = require('../measure/charts');
const { figureRows, processList, roundsText, toolName } = require('./figures');

const MARKS = { same: '=', noisy: '~', different: '≠', unanswered: '!', skipped: '-' };

/** How many differences of one request are told; the page and the JSON have more. */
const DIFFERENCES_SHOWN = 3;
const NAME_COLUMNS = 56;

/**
 * @param {import('./report').Report} report
 * @param {{colour?: boolean}} [options]
 * @returns {string}
 */
function textReport(report, options = {}) {
  const paint = (code, text) => (options.colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { counts } = report;
  const { names, urls } = report;
  const nameColumns = Math.max(...names.map((name) => name.length)) + 2;
  const lines = [
    '', ...names.map((name, i) => `${name.padEnd(nameColumns)}${urls[i]}`), '', ...requestLines(report, paint),
    `  ${countsSentence(counts)}`, paint(2, `  headers not compared: ${report.ignoredHeaders.join(', ')}`),
  ];
  if (counts.skipped > 0) {
    lines.push('  not sent: they may change something; mark them "safe": true or use --include-unsafe');
  }
  for (const note of report.notes) lines.push(`  ${note}`);
  if (report.load) lines.push('', ...loadLines(report.load, names));
  if (report.loadNote) lines.push('', `  ${report.loadNote}`);
  const codes = { same: 32, different: 31, impossible: 33 };
  lines.push('', paint(`1;${codes[report.outcome]}`, report.verdict), '');
  return lines.join('\n');
}

/** Those that are 0 are left out, but for the first. */
function countsSentence({ same, noisy, different, unanswered, skipped }) {
  const parts = [
    [noisy, 'same but for noise'], [different, 'different'], [unanswered, 'unanswered'], [skipped, 'not sent'],
  ];
  return [`${same} same`, ...parts.filter(([count]) => count > 0).map(([count, what]) => (
    `${count} ${what}`
  ))].join(', ');
}

function requestLines(report, paint) {
  const shown = worstFirst(report.requests.filter(({ verdict }) => verdict !== 'skipped'));
  if (shown.length === 0) return [];
  const width = Math.min(NAME_COLUMNS, Math.max(8, ...shown.map(({ name }) => name.length)));
  const lines = [`  ${'request'.padEnd(width)}  status     first byte, ms   verdict`];
  const [one, other] = report.names;
  for (const entry of shown) {
    lines.push(requestLine(entry, width, paint));
    for (const { place, first, second } of entry.differences.slice(0, DIFFERENCES_SHOWN)) {
      lines.push(paint(31, `      ${place}: ${one} ${first}, ${other} ${second}`));
    }
    const more = entry.differences.length - DIFFERENCES_SHOWN;
    if (more > 0) lines.push(`      and ${more} more`);
    const varying = entry.noise.slice(0, DIFFERENCES_SHOWN).map(({ place }) => place);
    if (varying.length > 0) lines.push(paint(2, `      varies by itself: ${varying.join(', ')}`));
  }
  lines.push('');
  return lines;
}

function requestLine({ name, verdict, first, second }, width, paint) {
  const one = first.status || '–';
  const other = second.status || '–';
  const status = one === other ? String(one) : `${one} / ${other}`;
  const times = `${figure(first.firstByteMilliseconds)} / ${figure(second.firstByteMilliseconds)}`;
  const short = name.length > width ? `${name.slice(0, width - 1)}…` : name;
  const line = `${MARKS[verdict]} ${short.padEnd(width)}  ${status.padEnd(9)}  ${times.padEnd(15)}  ${verdict}`;
  return verdict === 'different' || verdict === 'unanswered' ? paint(31, line) : line;
}

/** Differences first, then what has no response, then what is the same; otherwise as they were sent. */
function worstFirst(entries) {
  const order = ['different', 'unanswered', 'noisy', 'same', 'skipped'];
  return [...entries].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
}

function loadLines(measured, names) {
  const { request, connections, rounds, seconds, sides } = measured;
  const load = `'${request}', ${connections} connections, ${roundsText(rounds, seconds)}, by ${toolName(measured)}`;
  const columns = Math.max(14, ...names.map((name) => name.length + 2));
  const row = ([name, ...cells]) => (
    `  ${name.padEnd(22)}${cells.map((cell) => cell.padStart(columns)).join('')}`.trimEnd());
  return [
    `  load: ${load}`, row(['', ...names, 'ratio']), ...figureRows(sides).map(row),
    ...names.map((name, i) => `  processes counted, ${name}: ${processList(sides[i].processes)}`),
  ];
}

module.exports = { textReport, countsSentence, worstFirst };
