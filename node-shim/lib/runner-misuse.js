'use strict';

const WHERE = 'docs/migrating.md, "You wrote this, write that"';

/**
 * How definitions of @bluelibs/runner are called by mistake, and what the engine says then. A task's `run` takes its
 * dependencies, which only the runner can give; and a store's entries hold definitions, not functions.
 */
const MISTAKES = [
  [/\brun is not a function/, 'a store\'s entry is { task }, and is run by the runner'],
  [/\bemit is not a function/, 'a store\'s events are a Map of definitions, and are emitted by the runner'],
  [/^Cannot (destructure|read) propert(y|ies) .*\b(undefined|null)\b/,
    'if this handler calls a task\'s run() by itself, its dependencies are missing'],
];

/**
 * @param {unknown} error
 * @returns {string | null} what to write instead, for an error that looks like one of these mistakes
 */
function hintFor(error) {
  if (!(error instanceof TypeError)) return null;
  const mistake = MISTAKES.find(([text]) => /** @type {RegExp} */ (text).test(error.message));
  if (mistake === undefined) return null;
  return `${mistake[1]}: await serve(runtime) serves all tasks and events of an app on @bluelibs/runner (${WHERE})`;
}

module.exports = { hintFor };
