'use strict';

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/**
 * Waits until `condition` gives something truthy, and gives that. A bound is part of every wait: a test that hangs
 * tells nothing.
 * @template T
 * @param {string} what what is waited for, for the error
 * @param {() => T | Promise<T>} condition
 * @param {{ timeoutMilliseconds?: number, everyMilliseconds?: number }} [options]
 * @returns {Promise<T>}
 */
async function waitUntil(what, condition, { timeoutMilliseconds = 5_000, everyMilliseconds = 20 } = {}) {
  const deadline = Date.now() + timeoutMilliseconds;
  let last;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) {
      throw new Error(`waited ${timeoutMilliseconds} ms in vain until ${what}`, { cause: last });
    }
    await pause(everyMilliseconds);
  }
}

module.exports = { pause, waitUntil };
