'use strict';

/** The comparison as one self-contained HTML page. */

const { escape, figure, byteFigure, latencyCurves, bars, legend } = require('../measure/charts');
const { page, table } = require('../measure/page');
const { figureRows, processList, roundsText, toolName } = require('./figures');
const { countsSentence, worstFirst } = require('./report-text');

const TONES = { same: 'good', different: 'bad', impossible: 'unsure' };
const DIFFERENCES_SHOWN = 5;

/**
 * @param {import('./report').Report} report
 * @returns {string} HTML document
 */
function htmlReport(report) {
  const series = report.names.map((name, i) => ({ name, colour: i + 1 }));
  const sides = series.map(({ name, colour }, i) => ({ name: `${name}: ${report.urls[i]}`, colour }));
  const parts = [
    '<h1>Side by side</h1>',
    `<p class="quiet">${escape(report.date.replace('T', ' ').slice(0, 16))} UTC</p>`,
    legend(sides),
    `<strong class="verdict ${TONES[report.outcome]}">${escape(report.verdict)}</strong>`,
    responsesSection(report),
    report.load ? loadSection(report.load, series) : '',
    report.loadNote ? `<p class="quiet">${escape(report.loadNote)}</p>` : '',
  ];
  return page(`${report.names.join(' and ')}, side by side`, parts.join('\n'));
}

function loadSection(load, series) {
  const { request, connections, rounds, seconds, sides } = load;
  const curves = series.map((one, i) => ({ ...one, distribution: sides[i].latency }));
  const barsOf = (title, describe) => {
    const drawn = bars(series.map((one, i) => ({ ...one, ...describe(sides[i]) })), title);
    return `<h3>${escape(title)}</h3>${drawn || '<p class="quiet">not measured: no process found</p>'}`;
  };
  const rows = [
    ...figureRows(sides),
    ['processes counted', ...sides.map(({ processes }) => processList(processes)), ''],
  ];
  return `<h2>Under load</h2>
<p>${escape(`‘${request}’: ${connections} connections, ${roundsText(rounds, seconds)}.`)}
${escape(`Load by ${toolName(load)}, on the same machine.`)}</p>
<div class="panel"><h3>Latency by percentile</h3>${legend(series)}
${latencyCurves(curves, 'Latency by percentile of both servers')}</div>
<div class="panel">${barsOf('Requests per second', ({ requestsPerSecond, requestsPerSecondRange: [low, high] }) => (
    { value: requestsPerSecond, low, high }))}
${rounds > 1 ? '<p class="quiet">The thin line spans the rounds.</p>' : ''}
${barsOf('CPU seconds for 100,000 requests', ({ cpuSecondsPer100k }) => ({ value: cpuSecondsPer100k }))}
${barsOf('Memory after the load', ({ residentBytes }) => ({ value: residentBytes, label: byteFigure(residentBytes) }))}
</div>
${table(['', ...series.map(({ name }) => `#${name}`), '#ratio'], rows)}`;
}

/** What differs is shown, what is the same is behind one line. @param {import('./report').Report} report */
function responsesSection({ counts, requests, names, notes, ignoredHeaders }) {
  const sorted = worstFirst(requests);
  const isTrouble = ({ verdict }) => verdict === 'different' || verdict === 'unanswered';
  const [trouble, rest] = [sorted.filter(isTrouble), sorted.filter((entry) => !isTrouble(entry))];
  const skipped = counts.skipped > 0 ? ' What was not sent may change something.' : '';
  const others = rest.length === 1 ? 'the other request' : `the other ${rest.length} requests`;
  const parts = [
    `<h2>Responses</h2>
<p>${escape(`${countsSentence(counts)}.${skipped}`)}
<span class="quiet">Headers not compared: ${escape(ignoredHeaders.join(', '))}.</span></p>`,
    ...notes.map((note) => `<p class="quiet">${escape(note)}</p>`),
    trouble.length > 0 ? requestTable(trouble, names) : '',
    rest.length > 0 && trouble.length > 0
      ? `<details><summary>${others}</summary>${requestTable(rest, names)}</details>` : '',
    rest.length > 0 && trouble.length === 0 ? requestTable(rest, names) : '',
  ];
  return parts.filter(Boolean).join('\n');
}

function requestTable(entries, names) {
  const tones = { different: 'bad', unanswered: 'unsure', noisy: 'good', same: 'good', skipped: 'quiet' };
  const rows = entries.map((entry) => [
    { html: `<strong class="${tones[entry.verdict]}">${entry.verdict}</strong>` },
    { html: `${escape(entry.name)}<br><code class="quiet">${escape(entry.method)} ${escape(entry.path)}</code>` },
    entry.first ? statusText(entry) : '–',
    entry.first ? [entry.first, entry.second].map((one) => figure(one.firstByteMilliseconds)).join(' / ') : '–',
    { html: differenceList(entry, names) },
  ]);
  return table(['verdict', 'request', 'status', '#first byte, ms', 'what differs'], rows, 'cards');
}

function statusText({ first, second }) {
  const [one, other] = [first, second].map(({ failure, status }) => String(failure ?? status));
  return one === other ? one : `${one} / ${other}`;
}

function differenceList({ differences, noise }, [one, other]) {
  const line = ({ place, first, second }) => `${escape(place)}: ${escape(one)} <code>${escape(first)}</code>, `
    + `${escape(other)} <code>${escape(second)}</code>`;
  const more = differences.length - DIFFERENCES_SHOWN;
  const varying = noise.slice(0, DIFFERENCES_SHOWN).map(({ place }) => place).join(', ');
  return [
    ...differences.slice(0, DIFFERENCES_SHOWN).map(line),
    more > 0 ? `and ${more} more` : '',
    varying ? `<span class="quiet">varies by itself: ${escape(varying)}</span>` : '',
  ].filter(Boolean).join('<br>');
}

module.exports = { htmlReport };
