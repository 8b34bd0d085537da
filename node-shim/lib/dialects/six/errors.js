'use strict';

const { httpCodeOf, isRecord } = require('../typed-failures');

/**
 * Which of the app's error helpers an error belongs to (src/node/exposure/handlers/errorHandlers.ts and
 * taskHandler.ts of each release). An error is also known by its id alone: a forged one has the helper's status.
 *
 * @param {any} store
 * @returns {(error: any, kind: string) => { id: any, data: any, httpCode?: number } | undefined}
 */
function errorTypes(store) {
  return store.lookup === undefined ? (error) => byName(store, error) : (error, kind) => byId(store, error, kind);
}

/** 6.0 and 6.1 go by the error's name. */
function byName(store, error) {
  const record = isRecord(error) ? error : undefined;
  const name = record && typeof record.name === 'string' ? record.name : undefined;
  try {
    const resolved = name === undefined ? undefined : store.resolveDefinitionId(name) ?? name;
    for (const helper of store.errors.values()) {
      const id = store.resolveDefinitionId(helper) ?? helper.id;
      if (!helper.is(error) && (resolved === undefined || resolved !== id)) continue;
      if (record === undefined) return { id: undefined, data: undefined, httpCode: httpCodeOf(helper.httpCode) };
      return { id: name, data: record.data, httpCode: httpCodeOf(record.httpCode, helper.httpCode) };
    }
  } catch {
    // What throws identifies nothing; the error itself is still answered.
  }
  return undefined;
}

/** From 6.2 on. */
function byId(store, error, kind) {
  const record = isRecord(error) ? error : undefined;
  const own = record && typeof record.id === 'string' ? record.id : undefined;
  const resolved = (kind === 'task' ? helperIdOf(store, error) : undefined) ?? own;
  try {
    for (const [helperId, helper] of store.errors.entries()) {
      const id = typeof helper.id === 'string' ? helper.id : helperId;
      // Called without its helper, as the exposure calls it: then it recognises none of the runner's own errors, and an
      // event's error keeps no type.
      const { is } = helper;
      const isOfHelper = typeof is === 'function' && is(error) === true;
      if (!isOfHelper && (resolved === undefined || (resolved !== helperId && resolved !== id))) continue;
      if (record === undefined) return { id, data: undefined, httpCode: httpCodeOf(helper.httpCode) };
      return { id, data: record.data, httpCode: httpCodeOf(record.httpCode, helper.httpCode) };
    }
  } catch {
    // As above.
  }
  return undefined;
}

function helperIdOf(store, error) {
  for (const [id, helper] of store.errors.entries()) {
    try {
      if (helper.is(error)) return id;
    } catch {
      // The next one may know it.
    }
  }
  return undefined;
}

module.exports = { errorTypes };
