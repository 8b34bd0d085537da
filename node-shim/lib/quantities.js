'use strict';

/** Numbers with units, written as the front's options are: `5s`, `512MiB`. */

const TIME_UNITS = new Map([['ms', 1], ['s', 1_000], ['m', 60_000], ['h', 3_600_000]]);

const BYTE_UNITS = new Map([
  ['', 1], ['b', 1], ['kib', 2 ** 10], ['ki', 2 ** 10], ['mib', 2 ** 20], ['mi', 2 ** 20], ['gib', 2 ** 30],
  ['gi', 2 ** 30], ['kb', 1e3], ['mb', 1e6], ['gb', 1e9],
]);

/** @param {string} text @param {Map<string, number>} units @returns {number | undefined} */
function scaled(text, units) {
  const match = /^(\d+)([a-z]*)$/i.exec(text);
  const size = match === null ? undefined : units.get(match[2]) ?? units.get(match[2].toLowerCase());
  const value = size === undefined ? NaN : Number(match[1]) * size;
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * A bare number is refused: seconds and milliseconds look the same.
 * @param {string} text such as `250ms`, `5s`, `2m`, `1h`
 * @returns {number | undefined} milliseconds
 */
function readMilliseconds(text) {
  return scaled(text, TIME_UNITS);
}

/**
 * @param {string} text such as `512`, `64KiB`, `8MiB`, `1GB`
 * @returns {number | undefined} bytes
 */
function readBytes(text) {
  return scaled(text, BYTE_UNITS);
}

/** @param {number} bytes @returns {string} for a message, rounded */
function bytesText(bytes) {
  for (const [name, size] of /** @type {const} */ ([['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10]])) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(bytes % size === 0 ? 0 : 1))} ${name}`;
  }
  return `${bytes} B`;
}

/** @param {number} milliseconds @returns {string} for a message, rounded */
function timeText(milliseconds) {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 120_000) return `${Number((milliseconds / 1_000).toFixed(1))} s`;
  if (milliseconds < 7_200_000) return `${Math.round(milliseconds / 60_000)} min`;
  return `${Number((milliseconds / 3_600_000).toFixed(1))} h`;
}

module.exports = { readMilliseconds, readBytes, bytesText, timeText };
