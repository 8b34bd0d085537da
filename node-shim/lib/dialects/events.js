'use strict';

const { Refusal } = require('../refusal');

/**
 * Events from 5.0 on: a body may ask for the payload back, as its hooks left it. Such a body comes whole.
 */
class WholeEvent {
  /** @param {any} body what the serializer made of it */
  constructor(body) {
    this.payload = body === undefined || body === null ? undefined : body.payload;
    this.returnPayload = Boolean(body && body.returnPayload);
  }
}

/** What an event gives back to its client. */
class EventResult {
  constructor(value) {
    this.value = value;
  }
}

const wholeEvent = (body) => new WholeEvent(body);

/**
 * @param {object} options
 * @param {{ event: any }} options.entry the store's
 * @param {any} options.eventManager
 * @param {(call: import('../call').Call) => unknown} options.source `emit`'s third argument
 * @param {(call: import('../call').Call, run: () => any) => () => any} options.wrap in the contexts of the request
 * @returns {NonNullable<import('../targets').Target['run']>}
 */
function eventRun({ entry, eventManager, source, wrap }) {
  const { event } = entry;
  return (input, call, hasContext) => {
    const whole = input instanceof WholeEvent;
    const payload = whole ? input.payload : input;
    if (whole && input.returnPayload) {
      if (event.parallel) throw parallelRefusal(event.id);
      const run = async () => new EventResult(await eventManager.emitWithResult(event, payload, source(call)));
      return hasContext ? wrap(call, run)() : run();
    }
    const emit = () => eventManager.emit(event, payload, source(call));
    return hasContext ? wrap(call, emit)() : emit();
  };
}

function parallelRefusal(id) {
  return new Refusal(
    400, `Event ${id} is marked parallel; returning a payload is not supported.`, 'PARALLEL_EVENT_RETURN_UNSUPPORTED',
  );
}

module.exports = { EventResult, WholeEvent, eventRun, wholeEvent };
