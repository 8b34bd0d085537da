'use strict';

const { Result } = require('./protocol');

/** The runner's own error for what a schema refused: by its name up to 6.1, and from 6.2 on. */
const VALIDATION = new Set(['runner.errors.validation', 'validation']);

/** A task's result that its schema refuses is the task's fault. */
const SUBJECTS = new Set(['Task input', 'Event payload']);

/**
 * Whose doing a failure is, for logs and metrics: only one that nobody expected is a reason to wake somebody.
 *
 * @param {any} error
 * @param {{ id: string }} target
 * @param {boolean} isRegistered whether the app registered this kind of error
 * @returns {number} RESULT's flag for it, besides FAILED; 0 for an unexpected one
 */
function failureFlag(error, target, isRegistered) {
  try {
    if (isInvalidInput(error, target.id)) return Result.INVALID_INPUT;
  } catch {
    // Its members throw when they are read.
  }
  return isRegistered ? Result.REGISTERED_ERROR : 0;
}

/** Refused at this target's door. What a task within a task refuses, the outer one gave it. */
function isInvalidInput(error, id) {
  if (!(error instanceof Error) || !VALIDATION.has(error.name)) return false;
  const { data } = /** @type {any} */ (error);
  if (!data || !SUBJECTS.has(data.subject)) return false;
  return data.id === id || id.endsWith(`.${data.id}`) || String(data.id).endsWith(`.${id}`);
}

module.exports = { failureFlag };
