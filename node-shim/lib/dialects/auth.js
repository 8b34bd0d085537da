'use strict';

/**
 * HELLO's `auth`. Absence means open in 4.x, and closed from 5.0 on: each dialect says which.
 *
 * @typedef {{ kind: 'open' } | { kind: 'closed', message: string }
 *   | { kind: 'tokens' | 'ask', header: string, tokens: string[] }} Auth
 */

function headerOf(auth) {
  const { header } = auth || {};
  return (header === undefined || header === null ? 'x-runner-token' : String(header)).toLowerCase();
}

/** As 4.x has it: without a token, open. @returns {Auth} */
function openUnlessToken(auth) {
  const token = auth ? auth.token : undefined;
  const tokens = (Array.isArray(token) ? token : [token]).filter(Boolean).map(String);
  return tokens.length === 0 ? { kind: 'open' } : { kind: 'tokens', header: headerOf(auth), tokens };
}

/**
 * As it is from 5.0 on: without a token, and without a task that judges requests, closed unless told otherwise.
 * @param {any} auth
 * @param {boolean} hasValidators
 * @param {string} message of the answer when it is closed
 * @returns {Auth}
 */
function closedUnlessToken(auth, hasValidators, message) {
  const token = auth ? auth.token : undefined;
  const given = token ? [token].flat() : [];
  const tokens = given.filter((one) => typeof one === 'string' && one !== '');
  // An empty string in a list lets in whoever sends none: the app's own handlers are asked.
  if (hasValidators || given.includes('')) return { kind: 'ask', header: headerOf(auth), tokens };
  if (token) return { kind: 'tokens', header: headerOf(auth), tokens };
  return auth && auth.allowAnonymous === true ? { kind: 'open' } : { kind: 'closed', message };
}

/** Whether a registered task is tagged as one that judges requests. */
function hasValidators(store, tagIds) {
  for (const { task } of store.tasks.values()) {
    if ((task.tags || []).some((tag) => tag && tagIds.includes(tag.id))) return true;
  }
  return false;
}

module.exports = { openUnlessToken, closedUnlessToken, hasValidators };
