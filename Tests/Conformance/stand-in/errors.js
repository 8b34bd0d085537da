'use strict';

/**
 * Stands in for the runner's error helpers: an error that carries its helper's id as its name, and its data.
 * @param {string} id
 * @param {(data: any) => string} format
 */
function errorHelper(id, format) {
  return {
    id,
    throw(data) {
      const error = new Error(format(data));
      error.name = id;
      error.data = data;
      throw error;
    },
    is: (error) => error instanceof Error && error.name === id,
    optional() { return { inner: this }; },
  };
}

const quotaError = errorHelper('app.errors.quota', (data) => `Quota exceeded: ${data.used}/${data.limit}`);
const dateError = errorHelper('app.errors.withDate', () => 'with date');
const unregisteredError = errorHelper('app.errors.unregistered', () => 'not registered');
const cancellationError = errorHelper('runner.errors.cancellation', (data) => data.reason || 'Operation cancelled');

module.exports = { quotaError, dateError, unregisteredError, cancellationError };
