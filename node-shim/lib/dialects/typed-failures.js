'use strict';

const { Failures } = require('../failures');

/**
 * Errors as they are answered from 5.0 on: an error that the app defined keeps its text, id, data and status; the text
 * of any other stays here.
 */
class TypedFailures extends Failures {
  /**
   * @param {ConstructorParameters<typeof Failures>[0]
   *   & { typeOf: (error: any, kind: string) => TypedError | undefined }} options
   *
   * @typedef {{ id: unknown, data: unknown, httpCode?: number }} TypedError in the order in which a body has them
   */
  constructor(options) {
    super(options);
    this.typeOf = options.typeOf;
  }

  describe(error, call) {
    if (this.isCancellation(error)) return this.cancelled();
    const type = this.typeOf(error, call.target.kind);
    const message = type && error instanceof Error && error.message ? error.message : 'Internal Error';
    const flag = this.note(error, call, type !== undefined);
    const status = type && type.httpCode !== undefined ? type.httpCode : 500;
    const extra = status === 500 ? safeMembers(type) : type;
    const text = status === 500 && !(extra && typeof extra.id === 'string') ? 'Internal Error' : message;
    return { ...this.answer(status, text, extra), flag };
  }
}

/** A 500 carries what is there of an error that the app defined, and nothing that is not. */
function safeMembers(type) {
  if (type === undefined) return undefined;
  const { id, data, httpCode } = type;
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(data !== undefined ? { data } : {}),
    ...(httpCode !== undefined ? { httpCode } : {}),
  };
}

/** @returns {number | undefined} the first of them that is a status */
function httpCodeOf(...candidates) {
  return candidates.find((code) => typeof code === 'number' && Number.isInteger(code) && code >= 100 && code <= 599);
}

const isRecord = (value) => Boolean(value) && typeof value === 'object';

module.exports = { TypedFailures, httpCodeOf, isRecord };
