'use strict';

const { tenantContext, hasExposureContext } = require('./contexts.js');
const { quotaError, cancellationError } = require('./errors.js');

const seen = [];
/** What the listeners saw since the last call. */
const takeSeen = () => seen.splice(0);

/**
 * The events of the recorded app with what their listeners do.
 * @type {Record<string, (event: { id: string, data: any, source: string }) => any>}
 */
const EVENTS = {
  'app.events.notify': async ({ id, data, source }) => {
    seen.push({ id, data, source, type: data === undefined ? 'undefined' : typeof data });
  },
  'app.events.failing': async () => { throw new Error('hook exploded'); },
  'app.events.failingApp': async () => quotaError.throw({ used: 1, limit: 0 }),
  'app.events.failingString': async () => { throw 'string from hook'; },
  'app.events.cancelling': async () => cancellationError.throw({ reason: 'nope' }),
  'app.events.silent': async () => {},
  'app.events.checked': async ({ data }) => {
    if (!data || !data.message) {
      throw new Error('Event payload validation failed for app.events.checked: message required');
    }
  },
  'app.events.ctx': async () => {
    let tenant;
    try { tenant = tenantContext.use(); } catch (error) { tenant = `ERR: ${error.message}`; }
    seen.push({ id: 'ctx', tenant, exposure: hasExposureContext() });
  },
  'app.events.hidden': async () => {},
};

module.exports = { EVENTS, takeSeen };
