'use strict';

/** The results as one self-contained HTML page with plots. */

const { escape, figure, latencyCurves, bars, legend } = require('../../node-shim/lib/measure/charts');
const { page, table } = require('../../node-shim/lib/measure/page');
const { tables, machineSentence } = require('./report');

/**
 * @param {object} results
 * @returns {string} HTML document
 */
function pageReport(results) {
  const [targets, ...others] = tables(results);
  const missed = results.targets.filter(({ met }) => met === false).length;
  const met = results.targets.filter((target) => target.met).length;
  const open = results.targets.length - missed - met;
  const tone = results.failures.length > 0 || missed > 0 ? 'bad' : open > 0 ? 'unsure' : 'good';
  const verdict = escape(`${met} targets met, ${missed} missed, ${open} not measured${results.failures.length > 0 ? `; failed: ${results.failures.map((one) => `${one.subject} in ${one.case}`).join(', ')}` : ''}.`);
  const parts = [
    '<h1>runner-sidecar: benchmark</h1>', `<p class="quiet">${escape(machineSentence(results))}</p>`,
    ...results.skipped.map(({ subject, reason }) => `<p class="quiet">Left out: ${escape(subject)}: ${escape(reason)}.</p>`),
    `<strong class="verdict ${tone}">${verdict}</strong>`,
    '<h2>Targets</h2>', table(targets.heads, targets.rows.map(markedRow)),
    ...results.cases.map((work) => caseSection(results, work, others.find(({ title }) => title === work.title))),
    ...others.filter(({ title }) => title.startsWith('Idle')).map(({ title, heads, rows }) => `<h2>${escape(title)}</h2>${table(heads, rows)}`),
  ];
  return page('runner-sidecar: benchmark', parts.join('\n'));
}

function markedRow(row) {
  const tones = { met: 'good', missed: 'bad' };
  const last = row[row.length - 1];
  return [...row.slice(0, -1), { html: `<strong class="${tones[last] ?? 'quiet'}">${escape(last)}</strong>` }];
}

function caseSection({ subjects, summary }, work, caseTable) {
  const series = subjects.map(({ id, title }, index) => ({ name: title, colour: index + 1, entry: summary.find((one) => one.case === work.id && one.subject === id) })).filter(({ entry }) => entry);
  if (series.length === 0) return '';
  const barsOf = (path, title) => bars(series.map(({ name, colour, entry }) => {
    const { median, low, high } = entry.figures[path];
    return { name, colour, value: median, low, high, label: figure(median) };
  }), title);
  const curves = latencyCurves(series.map(({ name, colour, entry }) => ({ name, colour, distribution: entry.latency })), `Latency by percentile, ${work.title}`);
  return `<h2>${escape(work.title)}</h2>
<div class="panel">${legend(series)}<h3>Requests per second</h3>${barsOf('requestsPerSecond', 'Requests per second')}
<h3>CPU seconds for 100,000 requests, all processes</h3>${barsOf('cpuSecondsPer100k.all', 'CPU seconds for 100,000 requests')}
${curves ? `<h3>Latency by percentile</h3>${curves}` : ''}</div>
${caseTable ? table(caseTable.heads, caseTable.rows) : ''}`;
}

module.exports = { pageReport };
