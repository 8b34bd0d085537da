'use strict';

/**
 * Where two JSON values differ.
 *
 * @typedef {{path: string, first: string, second: string}} Difference
 *   path like `$.result.items[3].price`; first and second: what is there, as JSON text, `(absent)` for nothing
 */

/** Differences collected for one pair; a report needs the first, and enough to tell noise from it. */
const DIFFERENCES_AT_MOST = 100;

/**
 * @param {unknown} first
 * @param {unknown} second
 * @returns {Difference[]} in document order of the first, empty when they are equal
 */
function jsonDifferences(first, second) {
  const differences = [];
  walk(first, second, '$', differences);
  return differences;
}

function walk(first, second, path, differences) {
  if (differences.length >= DIFFERENCES_AT_MOST) return;
  if (isContainer(first) && isContainer(second) && Array.isArray(first) === Array.isArray(second)) {
    if (Array.isArray(first)) walkArrays(first, second, path, differences);
    else walkObjects(first, second, path, differences);
    return;
  }
  if (!Object.is(first, second)) differences.push({ path, first: show(first), second: show(second) });
}

function walkArrays(first, second, path, differences) {
  for (let i = 0; i < Math.max(first.length, second.length); i += 1) {
    walkMember(i in first, first[i], i in second, second[i], `${path}[${i}]`, differences);
  }
}

function walkObjects(first, second, path, differences) {
  for (const key of new Set([...Object.keys(first), ...Object.keys(second)])) {
    walkMember(
      Object.hasOwn(first, key), first[key], Object.hasOwn(second, key), second[key], path + step(key), differences,
    );
  }
}

function walkMember(inFirst, first, inSecond, second, path, differences) {
  if (inFirst && inSecond) walk(first, second, path, differences);
  else differences.push({
    path, first: inFirst ? show(first) : '(absent)', second: inSecond ? show(second) : '(absent)',
  });
}

const isContainer = (value) => value !== null && typeof value === 'object';

const step = (key) => (/^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);

function show(value) {
  const text = Object.is(value, -0) ? '-0' : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

module.exports = { jsonDifferences };
