'use strict';

/**
 * How much of something a test does: `long` under `scripts/test --long`, else `usual`; or whatever the environment
 * variable says.
 * @param {string} variable
 * @param {{ usual: number, long: number }} amounts
 */
function amount(variable, { usual, long }) {
  return Number(process.env[variable] ?? (process.env.RUNNER_SIDECAR_LONG === '1' ? long : usual));
}

module.exports = { amount };
