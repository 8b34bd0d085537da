'use strict';

const { parallel } = require('../support/parallel.js');
const { differences } = require('./agreement.js');
const { groupBy } = require('./records.js');
const { replayCase } = require('./recorded-exchange.js');

/** Cases of one app that are under way at once. */
const CASES_AT_ONCE = 24;

/**
 * @typedef {{ record: import('./records.js').RecordedCase, differences: string[] } } Outcome
 */

/**
 * Replays the cases of one variant against a server that runs it.
 * @param {import('./records.js').RecordedCase[]} cases
 * @param {{ port: number, sameServer?: boolean, hangMilliseconds?: number }} server
 * @returns {Promise<Outcome[]>}
 */
async function replayVariant(cases, server) {
  const inOrder = cases.filter(dependsOnOrder);
  const others = cases.filter((record) => !dependsOnOrder(record));
  const outcomes = [];
  for (const record of inOrder) outcomes.push(await replayOne(record, server, previousKeptBack(record, cases)));
  return [...outcomes, ...await parallel(others, CASES_AT_ONCE, (record) => replayOne(record, server))];
}

/**
 * A RegExp with the `g` flag remembers where it stopped: such cases alternate. The tasks `seen` and `asked` tell what
 * the last event delivered, and the last validator was given. They run one after another, in the recording's order.
 */
function dependsOnOrder(record) {
  return isStateful(record) || Boolean(record.stepwise) || record.group === 'events' || record.group === 'lifecycle'
    || /\/app\.tasks\.(seen|asked)[ ?]/.test(record.request.latin1Slice());
}

const isStateful = (record) => /-stateful-\d+$/.test(record.name);

/** Part of the recording is kept back; a gap in an alternating series is filled with the same request once more. */
function previousKeptBack(record, cases) {
  if (!isStateful(record)) return false;
  const [, stem, number] = /^(.*-)(\d+)$/.exec(record.name);
  return Number(number) > 1 && !cases.some((other) => other.name === `${stem}${Number(number) - 1}`);
}

async function replayOne(record, server, afterOneMore = false) {
  if (afterOneMore) await replayCase(record, server);
  return { record, differences: differences(record, await replayCase(record, server), server) };
}

/**
 * How many cases of each group agree, as lines of a table.
 * @param {Outcome[]} outcomes
 * @param {{ record: import('./records.js').RecordedCase, reason: string }[]} skipped
 */
function agreementTable(outcomes, skipped = []) {
  const rows = [...groupBy(outcomes, (outcome) => outcome.record.group)].map(([group, some]) => {
    const agreeing = some.filter((outcome) => outcome.differences.length === 0).length;
    const left = skipped.filter((one) => one.record.group === group).length;
    return `${agreement(group, agreeing, some.length)}${left > 0 ? `, ${left} skipped` : ''}`;
  });
  const only = new Set(outcomes.map((outcome) => outcome.record.group));
  for (const [group, some] of groupBy(skipped, (one) => one.record.group)) {
    if (!only.has(group)) rows.push(`${group.padEnd(13)} all ${some.length} skipped`);
  }
  const agreeing = outcomes.filter((outcome) => outcome.differences.length === 0).length;
  return [...rows.sort(), `${agreement('in all', agreeing, outcomes.length)}, ${skipped.length} skipped`];
}

const agreement = (group, agreeing, count) =>
  `${group.padEnd(13)} ${String(agreeing).padStart(4)} of ${String(count).padStart(4)} agree`;

/** The disagreements, for a failure message. */
function disagreements(outcomes) {
  return outcomes.filter((outcome) => outcome.differences.length > 0).map(({ record, differences: found }) => {
    const name = `${record.variant}/${record.group}/${record.name} (${record.lane}, ${record.origin})`;
    return [name, ...found].join('\n    ');
  });
}

module.exports = { replayVariant, agreementTable, disagreements };
