'use strict';

/**
 * Tells the family of @bluelibs/runner that a store belongs to. No release says its own number at run time, so each is
 * known by what only it has: a store without the marks of a family is not served by that family's rules.
 *
 * @typedef {'4.8' | '4.9' | '5' | '6'} Family
 */

/** @param {object} collection a Map, or what the store has in its place */
function has(collection, id) {
  return Boolean(collection) && typeof collection.has === 'function' && collection.has(id);
}

/**
 * @param {object} store
 * @returns {boolean} whether this is a store of definitions, as every release of the runner has it: not plain functions
 */
function isRunnerStore(store) {
  if (store.resources !== undefined) return true;
  const entries = typeof store.tasks.values === 'function' ? [...store.tasks.values()] : Object.values(store.tasks);
  return entries.some((entry) => Boolean(entry) && typeof entry === 'object' && 'computedDependencies' in entry);
}

/** @param {object} store @returns {Family | null} null: not known */
function familyOf(store) {
  const six = has(store.resources, 'runner.serializer');
  const older = has(store.resources, 'globals.resources.serializer');
  if (six === older) return null;
  if (six) return has(store.tags, 'runner.tags.rpcLanes') || has(store.tags, 'rpcLanes') ? '6' : null;
  if (!has(store.tags, 'globals.tags.tunnel')) return null;
  if (has(store.tags, 'globals.tags.authValidator')) return '5';
  return eventsKnowParallel(store) ? '4.9' : '4.8';
}

/** Events have a member `parallel` from 4.9 on. Every store has events: the runner's own. */
function eventsKnowParallel(store) {
  for (const { event } of store.events.values()) {
    if ('parallel' in event) return true;
  }
  return false;
}

module.exports = { familyOf, isRunnerStore };
