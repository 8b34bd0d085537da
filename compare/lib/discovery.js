'use strict';

/**
 * Requests made from what the exposure says about itself: `{base}/discovery` lists the task and event ids.
 *
 * Nobody has to say what a task does for these: each provokes an answer that is given before any task runs (wrong
 * method, preflight, a body that is no JSON, an id that nobody has). The calls themselves are made too, without input,
 * and are unsafe: they are sent only when asked for.
 */

const { makeCall, makeRequest } = require('./requests');

/** @type {Array<[string, string]>} */
const JSON_TYPE = [['content-type', 'application/json']];
/** @type {Array<[string, string]>} */
const PREFLIGHT = [['origin', 'https://app.example.com'], ['access-control-request-method', 'POST']];

/**
 * @param {string} text the body of the discovery answer
 * @returns {{tasks: string[], events: string[]}}
 * @throws {Error} when it is no such answer
 */
function readDiscovery(text) {
  const answer = JSON.parse(text);
  const allowList = answer?.result?.allowList;
  if (answer?.ok !== true || !Array.isArray(allowList?.tasks) || !Array.isArray(allowList?.events)) {
    throw new Error('the discovery answer has no result.allowList with tasks and events');
  }
  return { tasks: allowList.tasks, events: allowList.events };
}

/**
 * @param {{tasks: string[], events: string[]}} ids
 * @returns {import('./requests').ComparedRequest[]}
 */
function requestsFromDiscovery({ tasks, events }) {
  return [
    makeRequest({ name: 'discovery', method: 'GET', path: '/discovery' }),
    makeRequest({ name: 'a path that is no route', method: 'GET', path: '/no-such-route' }),
    probe('an unknown task', '/task/no.such.task', '{}'),
    probe('an unknown event', '/event/no.such.event', '{}'),
    ...tasks.flatMap((id) => requestsFor('task', id)),
    ...events.flatMap((id) => requestsFor('event', id)),
  ];
}

function requestsFor(kind, id) {
  const path = `/${kind}/${encodeURIComponent(id)}`;
  return [
    makeRequest({ name: `${kind} ${id}, wrong method`, method: 'GET', path }),
    makeRequest({ name: `${kind} ${id}, preflight`, method: 'OPTIONS', path, headers: PREFLIGHT }),
    probe(`${kind} ${id}, body that is no JSON`, path, '{"input":'),
    makeCall(kind, id, undefined, { name: `${kind} ${id}, no input` }),
  ];
}

/** A POST that never reaches a task, so that it is safe although it is a POST. */
function probe(name, path, body) {
  return makeRequest({ name, method: 'POST', path, headers: JSON_TYPE, body: Buffer.from(body), safe: true });
}

module.exports = { readDiscovery, requestsFromDiscovery };
