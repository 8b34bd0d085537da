'use strict';

/**
 * The async contexts of a call: the ones that its `x-runner-context` header carries, and the request's own.
 */

/** What a task asks for with `useExposureContext()` lives in the runner's own copy, under an id that differs. */
const UNAVAILABLE = /^Context not available for symbol (\S+)/;

/**
 * @param {any} runner the app's own copy of the runner
 * @returns {((context: object, run: () => unknown) => unknown) | null} null: it is not to be had
 */
function requestContextOf(runner) {
  const use = runner.useRpcLaneRequestContext || runner.useExposureContext;
  const make = runner.defineAsyncContext || runner.asyncContext;
  const id = idOfMissing(use);
  return id === null || typeof make !== 'function' ? null : make({ id }).provide;
}

/** Outside any request the context is missing, and the error names its id. */
function idOfMissing(use) {
  try {
    use();
  } catch (error) {
    const match = UNAVAILABLE.exec(error.message);
    return match === null ? null : match[1];
  }
  return null;
}

/**
 * Wraps a run in the async contexts that the header carries. What cannot be parsed is ignored, as the exposure ignores
 * it.
 *
 * @param {any} store
 * @param {{ parse(text: string): any }} serializer
 * @param {string | undefined} header
 * @param {() => any} run
 * @param {ReadonlySet<string> | null} allowed ids that may be provided; null: all
 * @returns {() => any}
 */
function withContexts(store, serializer, header, run, allowed) {
  if (!header) return run;
  let wrapped = run;
  try {
    const values = serializer.parse(header);
    for (const [id, asyncContext] of store.asyncContexts.entries()) {
      if (allowed !== null && !allowed.has(id)) continue;
      const text = values[id];
      if (typeof text !== 'string') continue;
      try {
        const value = asyncContext.parse(text);
        const inner = wrapped;
        wrapped = async () => await asyncContext.provide(value, inner);
      } catch {
        // A context that does not parse is not provided.
      }
    }
  } catch {
    // A header that does not parse provides none.
  }
  return wrapped;
}

module.exports = { requestContextOf, withContexts };
