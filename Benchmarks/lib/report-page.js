'use strict';

/** The results as one self-contained HTML page with plots. */

const { escape, figure, byteFigure, latencyCurves, bars, legend } = require('../../compare/measure/charts');
const { page, table } = require('../../compare/measure/page');
const { tables, methodSentences } = require('./report');
const { breakdownSentences } = require('./breakdown');

const TITLE = 'runner-sidecar: benchmark';

/**
 * @param {object} results
 * @returns {string} HTML document
 */
function pageReport(results) {
  const { targets, breakdown, cases, idle } = tables(results);
  const [method, ...more] = methodSentences(results);
  return page(TITLE, [
    `<h1>${TITLE}</h1>`, paragraph(method, 'quiet'), ...more.map((text) => paragraph(text, 'quiet')),
    verdict(results),
    section('Targets', table(targets.heads, targets.rows.map(markedRow))),
    breakdown.length === 0 ? '' : section(
      'What a call costs, and what it cannot cost less than',
      breakdownSentences(results).map((text) => paragraph(text.replace(/`/g, ''), '')).join('\n'),
      ...breakdown.map(({ title, heads, rows }) => `<h3>${escape(title)}</h3>${table(heads, rows)}`),
    ),
    ...results.cases.map((work) => caseSection(results, work, cases.find(({ title }) => title === work.title))),
    idle.rows.length === 0 ? '' : section(idle.title, idlePanel(results), table(idle.heads, idle.rows)),
  ].join('\n'));
}

const section = (title, ...parts) => `<h2>${escape(title)}</h2>\n${parts.join('\n')}`;
const paragraph = (text, tone) => `<p class="${tone}">${escape(text)}</p>`;

function verdict({ targets, failures }) {
  const missed = targets.filter(({ met }) => met === false).length;
  const met = targets.filter((target) => target.met).length;
  const open = targets.length - missed - met;
  const failed = failures.filter(({ isOwn }) => !isOwn).map((one) => `${one.subject} in ${one.case}`);
  const tone = failed.length > 0 || missed > 0 ? 'bad' : open > 0 ? 'unsure' : 'good';
  const tail = failed.length > 0 ? `; failed: ${failed.join(', ')}` : '';
  const text = `${met} targets met, ${missed} missed, ${open} not measured${tail}.`;
  return `<strong class="verdict ${tone}">${escape(text)}</strong>`;
}

function markedRow(row) {
  const tones = { met: 'good', missed: 'bad' };
  const last = row[row.length - 1];
  return [...row.slice(0, -1), { html: `<strong class="${tones[last] ?? 'quiet'}">${escape(last)}</strong>` }];
}

function caseSection({ subjects, summary }, work, caseTable) {
  const series = subjects.map(({ id, title }, index) => {
    const entry = summary.find((one) => one.case === work.id && one.subject === id);
    return { name: title, colour: index + 1, entry };
  }).filter(({ entry }) => entry);
  if (series.length === 0) return '';
  const barsOf = (path, title) => bars(series.map(({ name, colour, entry }) => {
    const { median, low, high } = entry.figures[path];
    return { name, colour, value: median, low, high, label: figure(median) };
  }), title);
  const distributions = series.map(({ name, colour, entry }) => ({ name, colour, distribution: entry.latency }));
  const curves = latencyCurves(distributions, `Latency by percentile, ${work.title}`);
  const cpu = 'CPU seconds for 100,000 requests, all processes';
  return section(work.title, `<div class="panel">${legend(series)}`,
    `<h3>Requests per second</h3>${barsOf('requestsPerSecond', 'Requests per second')}`,
    `<h3>${cpu}</h3>${barsOf('cpuSecondsPer100k.all', cpu)}`,
    curves ? `<h3>Latency by percentile</h3>${curves}` : '', '</div>',
    caseTable ? table(caseTable.heads, caseTable.rows) : '');
}

/** The most connections that were opened are what a reader asks for. */
function idlePanel({ subjects, idle }) {
  const most = Math.max(...idle.map(({ connections }) => connections));
  const drawn = idle.filter(({ connections }) => connections === most).map(({ subject, bytesEach }) => {
    const colour = subjects.findIndex(({ id }) => id === subject);
    return { name: subjects[colour].title, colour: colour + 1, value: bytesEach.all, label: byteFigure(bytesEach.all) };
  });
  const title = `Memory for each of ${figure(most)} idle connections, all processes`;
  return `<div class="panel"><h3>${escape(title)}</h3>${bars(drawn, title)}</div>`;
}

module.exports = { pageReport };
