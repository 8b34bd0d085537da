'use strict';

/**
 * What a live comparison found, as plain data: the `--json` output, and what text and page are drawn from.
 *
 * @typedef {object} LiveReport
 * @property {string} front version of it
 * @property {string} url of the second server
 * @property {string} date ISO 8601, when it began
 * @property {number} seconds
 * @property {number} share of the safe calls
 * @property {boolean} isOver
 * @property {string} [note] why it ended, where that is no matter of course
 * @property {'same' | 'different' | 'impossible'} outcome
 * @property {string} verdict one sentence
 * @property {number} compared
 * @property {{ same: number, noisy: number, different: number, unanswered: number }} counts
 * @property {number} unreadable
 * @property {import('./mirror-stream').MirrorCounts} mirror
 * @property {string[]} ignoredHeaders
 * @property {string[]} ignoredPaths
 * @property {LiveTarget[]} targets those that differ most first
 *
 * @typedef {Omit<import('./tally').TargetTally, 'places'> & { places: LivePlace[] }} LiveTarget
 * @typedef {{ place: string, count: number, first: string, second: string }} LivePlace
 */

/**
 * @param {import('./tally').Tally} tally
 * @param {Omit<LiveReport, 'outcome' | 'verdict' | 'compared' | 'counts' | 'unreadable' | 'mirror' | 'targets'>} about
 * @returns {LiveReport}
 */
function makeLiveReport(tally, about) {
  const targets = [...tally.targets.values()].map(({ places, ...target }) => ({
    ...target,
    places: [...places].map(([place, found]) => ({ place, ...found })).sort((a, b) => b.count - a.count),
  })).sort((a, b) => b.different + b.unanswered - (a.different + a.unanswered) || b.compared - a.compared);
  return {
    ...about, ...judge(tally), compared: tally.compared, counts: { ...tally.counts }, unreadable: tally.unreadable,
    mirror: { ...tally.front }, targets,
  };
}

const HOW_TO_MARK = 'Name tasks with --safe-task ID, or mark them as safe in the app; --include-unsafe is for a '
  + 'staging copy';

/** @param {import('./tally').Tally} tally @returns {{ outcome: LiveReport['outcome'], verdict: string }} */
function judge({ compared, counts, failure, front }) {
  const calls = (number) => `${number} ${number === 1 ? 'call' : 'calls'}`;
  if (compared === 0) {
    const why = front.seen === 0 ? `no safe call came. ${HOW_TO_MARK}` : `of ${calls(front.seen)} none was compared`;
    return { outcome: 'impossible', verdict: `Nothing was compared: ${why}.` };
  }
  if (counts.unanswered === compared) {
    return { outcome: 'impossible', verdict: `Could not compare: the second server does not answer (${failure}).` };
  }
  const wrong = counts.different + counts.unanswered;
  if (wrong > 0) {
    const unanswered = counts.unanswered > 0 ? `, ${counts.unanswered} of them not at all (${failure})` : '';
    return {
      outcome: 'different',
      verdict: `Different: the second server answered ${wrong} of ${calls(compared)} otherwise${unanswered}.`,
    };
  }
  return { outcome: 'same', verdict: `Same: the second server answered all of ${calls(compared)} alike.` };
}

/** What was not compared, in a sentence; empty when there is nothing of the kind. @param {LiveReport} report */
function leftOut(report) {
  const { mirror, unreadable } = report;
  const parts = [
    [mirror.dropped, 'dropped since this side was behind'],
    [mirror.skipped, 'skipped: too large, streamed, or not answered by the app'], [unreadable, 'unreadable'],
  ].filter(([count]) => Number(count) > 0).map(([count, what]) => `${count} ${what}`);
  return parts.length > 0 ? `Not compared: ${parts.join('; ')}.` : '';
}

/** @param {LiveReport} report @param {{ colour?: boolean }} [options] */
function liveText(report, options = {}) {
  const paint = (code, text) => (options.colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { mirror, targets } = report;
  const width = Math.min(56, Math.max(8, ...targets.map(({ name }) => name.length)));
  const columns = ['compared', 'same', 'noisy', 'different', 'unanswered'];
  const lines = [
    '', `first   the front's own responses (${report.front})`, `second  ${report.url}`, '',
    `  ${'call'.padEnd(width)}${columns.map((name) => name.padStart(11)).join('')}`,
  ];
  for (const target of targets) {
    const line = `  ${target.name.padEnd(width)}${columns.map((name) => String(target[name]).padStart(11)).join('')}`;
    lines.push(target.different + target.unanswered > 0 ? paint(31, line) : line);
    for (const { place, count, first, second } of target.places.slice(0, 5)) {
      lines.push(paint(31, `      ${count} × ${place}: ${first}  →  ${second}`));
    }
    if (target.places.length > 5) lines.push(`      and ${target.places.length - 5} more places`);
  }
  lines.push(
    '', `  ${Math.round(report.seconds)} s; of ${mirror.seen} safe calls ${mirror.sampled} were sampled, `
      + `${report.compared} compared`,
    ...[leftOut(report), report.note ?? ''].filter(Boolean).map((text) => `  ${text}`),
    paint(2, `  headers not compared: ${report.ignoredHeaders.join(', ')}`),
  );
  const codes = { same: 32, different: 31, impossible: 33 };
  lines.push('', paint(`1;${codes[report.outcome]}`, report.verdict), '');
  return lines.join('\n');
}

module.exports = { makeLiveReport, liveText, leftOut };
