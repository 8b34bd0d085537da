'use strict';

/** The comparison as one self-contained HTML page. */

const { escape, figure, byteFigure, latencyCurves, bars, legend } = require('../measure/charts');
const { at } = require('../measure/latency');
const { page, table } = require('../measure/page');
const { processList } = require('./report-text');

const TONES = { same: 'good', different: 'bad', impossible: 'unsure' };
const SERIES = [{ name: 'first', colour: 1 }, { name: 'second', colour: 2 }];

/**
 * @param {import('./report').Report} report
 * @returns {string} HTML document
 */
function htmlReport(report) {
  const parts = [
    '<h1>Side by side</h1>',
    `<p class="quiet">first <code>${escape(report.urls[0])}</code>, second <code>${escape(report.urls[1])}</code>, ${escape(report.date.replace('T', ' ').slice(0, 16))} UTC</p>`,
    `<strong class="verdict ${TONES[report.outcome]}">${escape(report.verdict)}</strong>`,
    report.load ? loadSection(report.load) : report.loadNote ? `<p class="quiet">${escape(report.loadNote)}</p>` : '',
    answersSection(report),
  ];
  return page('Side by side: runner-sidecar compare', parts.join('\n'));
}

function loadSection({ tool, request, connections, rounds, seconds, sides }) {
  const series = SERIES.map((one, index) => ({ ...one, distribution: sides[index].latency }));
  const bar = (show, value) => bars(SERIES.map(({ name, colour }, i) => ({ name, colour, value: value(sides[i]), label: show(sides[i]) })), 'first and second');
  const rows = SERIES.map(({ name }, i) => [
    name, figure(sides[i].requestsPerSecond), ...[50, 90, 99, 100].map((p) => figure(at(sides[i].latency, p))),
    figure(sides[i].cpuSecondsPer100k), byteFigure(sides[i].residentBytes), String(sides[i].failures), processList(sides[i].processes),
  ]);
  return `<h2>Under load</h2>
<p>${escape(request)}: ${connections} connections, ${rounds} rounds of ${seconds} s each in turns, medians. Load by ${tool === 'own' ? 'a loader of our own, as neither wrk nor ab is installed' : escape(tool)}, on the same machine.</p>
<div class="panel"><h3>Latency by percentile</h3>${legend(SERIES)}${latencyCurves(series, 'Latency by percentile of both servers')}</div>
<div class="panel"><h3>Requests per second</h3>${bars(SERIES.map(({ name, colour }, i) => ({ name, colour, value: sides[i].requestsPerSecond, low: sides[i].requestsPerSecondRange[0], high: sides[i].requestsPerSecondRange[1] })), 'Requests per second')}
<h3>CPU seconds for 100,000 requests</h3>${bar((side) => figure(side.cpuSecondsPer100k), (side) => side.cpuSecondsPer100k) || '<p class="quiet">not measured: no process found</p>'}
<h3>Memory after the load</h3>${bar((side) => byteFigure(side.residentBytes), (side) => side.residentBytes) || '<p class="quiet">not measured: no process found</p>'}</div>
${table(['', '#requests/s', '#p50 ms', '#p90 ms', '#p99 ms', '#longest ms', '#CPU s / 100k', '#memory', '#failures', 'processes'], rows)}`;
}

function answersSection({ counts, requests, ignoredHeaders }) {
  const order = { different: 0, unanswered: 1, noisy: 2, same: 3, skipped: 4 };
  const tones = { different: 'bad', unanswered: 'unsure', noisy: 'good', same: 'good', skipped: 'quiet' };
  const sorted = [...requests].sort((a, b) => order[a.verdict] - order[b.verdict]);
  const rows = sorted.map((entry) => [
    { html: `<strong class="${tones[entry.verdict]}">${entry.verdict}</strong>` },
    { html: `${escape(entry.name)}<br><code class="quiet">${escape(entry.method)} ${escape(entry.path)}</code>` },
    entry.first ? statusText(entry) : '–',
    entry.first ? `${figure(entry.first.firstByteMilliseconds)} / ${figure(entry.second.firstByteMilliseconds)}` : '–',
    { html: differenceList(entry) },
  ]);
  return `<h2>Answers</h2>
<p>${counts.same} same, ${counts.noisy} same but for what varies by itself, ${counts.different} different, ${counts.unanswered} unanswered, ${counts.skipped} not sent (they may change something).
<span class="quiet">Headers not compared: ${escape(ignoredHeaders.join(', '))}.</span></p>
${table(['verdict', 'request', 'status', '#first byte ms', 'what differs'], rows)}`;
}

function statusText({ first, second }) {
  const [one, other] = [first, second].map(({ failure, status }) => String(failure ?? status));
  return one === other ? one : `${one} / ${other}`;
}

function differenceList({ differences, noise }) {
  const line = ({ place, first, second }) => `${escape(place)}: <code>${escape(first)}</code> → <code>${escape(second)}</code>`;
  const more = differences.length > 5 ? `<br>and ${differences.length - 5} more` : '';
  const varying = noise.length > 0 ? `<span class="quiet">varies by itself: ${escape(noise.slice(0, 5).map(({ place }) => place).join(', '))}</span>` : '';
  return [differences.slice(0, 5).map(line).join('<br>') + more, varying].filter(Boolean).join('<br>');
}

module.exports = { htmlReport };
