'use strict';

/**
 * The rpcLanesResource of a 6.x app that is exposed over HTTP, and which of its targets only the app's own handlers can
 * answer.
 */

const LANES_TAGS = ['runner.tags.rpcLanes', 'rpcLanes'];
const LANE_TAGS = ['runner.tags.rpcLane', 'rpcLane'];

/**
 * @param {any} store
 * @param {unknown} chosen the `exposure` option of `serve`: an id, or the resource
 * @returns {{ id: string, entry: any, handlers: any }}
 * @throws {TypeError} with the remedy, when there is none, or more than one and none was chosen
 */
function findLanes(store, chosen) {
  const exposed = [...store.resources].filter(([, { resource, config }]) => (
    hasTag(resource, LANES_TAGS) && config && config.exposure && config.exposure.http
  ));
  const ids = exposed.map(([id]) => id);
  const [id, entry] = chosen === undefined ? exposed[0] || [] : exposed.find(isChosen(chosen)) || [];
  if (exposed.length === 0) {
    throw new TypeError('serve() found no rpcLanesResource with exposure.http in the app: '
      + 'configure it (it need not listen), since it decides what may be called');
  }
  if (id === undefined) {
    throw new TypeError(`serve() was told to serve exposure ${String(idOf(chosen))}, `
      + `but the app has ${ids.join(', ')}`);
  }
  if (chosen === undefined && exposed.length > 1) {
    throw new TypeError(`serve() found more than one exposure: choose one with { exposure: '${ids[0]}' }; `
      + `the app has ${ids.join(', ')}`);
  }
  const handlers = entry.value && entry.value.exposure && entry.value.exposure.getHandlers();
  if (!handlers) {
    throw new TypeError(`serve() found that ${id} exposes nothing: its profile serves no task and no event, `
      + 'or its mode is not network');
  }
  return { id, entry, handlers };
}

function isChosen(chosen) {
  return ([id, { resource }]) => id === chosen || resource.id === idOf(chosen) || resource === chosen;
}

function idOf(chosen) {
  return chosen !== null && typeof chosen === 'object' ? chosen.id : chosen;
}

function hasTag(definition, ids) {
  return (definition.tags || []).some((tag) => tag && ids.includes(tag.id));
}

/**
 * Lanes may ask for a token of their own, which is bound to the input: only the app checks that. Which lane a target is
 * on is known for sure when its tag says so and no lane takes targets by itself (`applyTo`).
 *
 * @param {any} config of the rpcLanesResource
 * @returns {(definition: any) => boolean} whether the app's own handlers must answer for a task or event
 */
function needsOwnHandlers({ profile, topology }) {
  const { serve = [] } = (topology.profiles && topology.profiles[profile]) || {};
  const served = new Set(serve.map(({ id }) => id));
  const asking = new Set();
  let takesByItself = false;
  for (const { lane, auth } of topology.bindings || []) {
    if (lane.applyTo !== undefined) takesByItself = true;
    if (served.has(lane.id) && auth && auth.mode !== 'none') asking.add(lane.id);
  }
  if (asking.size === 0) return () => false;
  return (definition) => {
    const lane = laneOf(definition);
    if (lane === null || asking.has(lane.id)) return true;
    // A lane that names its targets takes them from the lane of their tag.
    return takesByItself && [...topology.bindings].some(({ lane: other }) => (
      asking.has(other.id) && other.applyTo !== undefined
    ));
  };
}

function laneOf({ tags }) {
  const tag = (tags || []).find((one) => one && LANE_TAGS.includes(one.id));
  return (tag && tag.config && tag.config.lane) || null;
}

module.exports = { findLanes, needsOwnHandlers };
