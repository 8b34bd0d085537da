'use strict';

/**
 * Counted instructions, held against those that were recorded: what changed, and whether that is still the same cost.
 *
 * @typedef {object} Counts
 * @property {Record<string, number>} machine what the counts depend on beside the code: compiler, processor
 * @property {Record<string, Record<string, number>>} groups instructions by name, in named groups
 *
 * @typedef {object} Change
 * @property {string} group
 * @property {string} name
 * @property {number} [before] absent when it is new
 * @property {number} [now] absent when it is gone
 * @property {number} [share] of `before`: 0.01 is one percent more
 * @property {'same' | 'more' | 'less' | 'new' | 'gone'} verdict
 */

/**
 * The pure modules repeat to the instruction. A call through the front does not quite: how many requests meet in one
 * turn of its loop is for the kernel to say. Both leave room for what a compiler's mood moves.
 */
const THRESHOLDS = { modules: 0.01, calls: 0.03 };

/**
 * @param {Counts} baseline
 * @param {Counts} counted
 * @returns {{changes: Change[], differences: string[], isWorse: boolean}} differences: what of the machine is not the
 *   same; if there is any, nothing is worse
 */
function compare(baseline, counted) {
  const differences = Object.keys({ ...baseline.machine, ...counted.machine })
    .filter((key) => baseline.machine[key] !== counted.machine[key])
    .map((key) => `${key}: recorded with ${baseline.machine[key]}, counted with ${counted.machine[key]}`);
  const changes = Object.keys(THRESHOLDS).flatMap((group) => {
    const before = baseline.groups[group] ?? {};
    const now = counted.groups[group] ?? {};
    return Object.keys({ ...before, ...now }).map((name) => changeOf(group, name, before[name], now[name]));
  });
  const isWorse = differences.length === 0 && changes.some(({ verdict }) => verdict === 'more' || verdict === 'gone');
  return { changes, differences, isWorse };
}

function changeOf(group, name, before, now) {
  if (before === undefined) return { group, name, now, verdict: 'new' };
  if (now === undefined) return { group, name, before, verdict: 'gone' };
  const share = now / before - 1;
  const verdict = Math.abs(share) <= THRESHOLDS[group] ? 'same' : share > 0 ? 'more' : 'less';
  return { group, name, before, now, share, verdict };
}

const TITLES = {
  modules: 'Pure modules, instructions each time',
  calls: "Whole calls, the front's instructions for a request",
};

/** @param {ReturnType<typeof compare>} comparison @returns {string} */
function comparisonText({ changes, differences, isWorse }) {
  const number = (value) => (value === undefined ? '–' : value.toFixed(1));
  const percent = (share) => (share === undefined ? '' : `${share >= 0 ? '+' : ''}${(share * 100).toFixed(2)} %`);
  const width = Math.max(...changes.map(({ name }) => name.length), 4);
  const parts = [];
  for (const group of Object.keys(THRESHOLDS)) {
    const rows = changes.filter((change) => change.group === group);
    if (rows.length === 0) continue;
    parts.push(`${TITLES[group]} (a change of more than ${THRESHOLDS[group] * 100} % counts)`);
    for (const { name, before, now, share, verdict } of rows) {
      const figures = [number(before).padStart(10), number(now).padStart(10), percent(share).padStart(10)].join('  ');
      parts.push(`  ${name.padEnd(width)}  ${figures}  ${verdict === 'same' ? '' : verdict}`.trimEnd());
    }
    parts.push('');
  }
  if (differences.length > 0) {
    parts.push('Not judged, since the baseline was recorded under other conditions:');
    parts.push(...differences.map((one) => `  ${one}`));
  } else {
    parts.push(isWorse ? 'WORSE than the baseline.' : 'Not worse than the baseline.');
  }
  return `${parts.join('\n')}\n`;
}

module.exports = { compare, comparisonText, THRESHOLDS };
