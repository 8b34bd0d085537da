'use strict';

/**
 * The environment of a front that the app starts. What the code says holds: a variable that would override it is left
 * out. What the code leaves open, the environment may still set, and the log says so.
 */

/** Addressed to the app's own process, by its service manager. */
const NOT_THE_FRONTS = [
  'NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES',
  // This front has a descriptor instead of a socket, and its port is this process's to say.
  'RUNNER_SIDECAR_SOCKET', 'RUNNER_SIDECAR_LISTEN', 'PORT', 'RUNNER_SIDECAR_BRIDGE_FD', 'RUNNER_SIDECAR_CONTROL_FD',
];

/** @typedef {import('./app').App} App */

/** @type {{ rule: string, variables: string[], flags: string[], isSet: (http: App['http']) => boolean }[]} */
const RULES = [
  {
    rule: 'basePath',
    variables: ['RUNNER_SIDECAR_BASE_PATH', 'BASE_PATH'],
    flags: ['--base-path'],
    isSet: (http) => isGiven(http.basePath),
  },
  {
    rule: 'cors',
    variables: ['RUNNER_SIDECAR_CORS_ORIGINS', 'CORS_ORIGINS'],
    flags: ['--cors-origins'],
    isSet: (http) => isGiven(http.cors) && isGiven(http.cors.origin),
  },
  {
    rule: 'auth',
    variables: ['RUNNER_SIDECAR_TOKEN', 'RUNNER_SIDECAR_TOKEN_FILE', 'RUNNER_SIDECAR_TOKEN_HEADER'],
    flags: ['--token', '--token-file', '--token-header'],
    isSet: (http) => isGiven(http.auth),
  },
];

const isGiven = (value) => value !== undefined && value !== null && value !== false;

/**
 * @param {NodeJS.ProcessEnv} environment this process's
 * @param {App} app
 * @param {import('..').ServiceOptions} settings
 * @returns {{ environment: NodeJS.ProcessEnv, rules: object }} the front's environment; and for the log which rules are
 *   in force, where each that is not the app's comes from, and which variables were left out
 */
function frontEnvironment(environment, app, settings) {
  const own = { ...environment };
  for (const name of NOT_THE_FRONTS) delete own[name];
  if (settings.admin !== undefined) delete own.RUNNER_SIDECAR_ADMIN;
  const ignored = [];
  const sources = {};
  for (const { rule, variables, flags, isSet } of RULES) {
    const present = variables.filter((variable) => own[variable] !== undefined);
    if (isSet(app.http)) {
      for (const variable of present) delete own[variable];
      ignored.push(...present);
    } else if (present.length > 0) {
      sources[rule] = `environment: ${present.join(', ')}`;
    }
    const flag = flags.find((name) => hasFlag(settings.frontArguments, name));
    if (flag !== undefined) sources[rule] = `frontArguments: ${flag}`;
  }
  const rules = { ...describeRules(app), ...sources };
  return { environment: own, rules: ignored.length === 0 ? rules : { ...rules, ignoredInEnvironment: ignored } };
}

function hasFlag(given = [], flag) {
  return given.some((argument) => argument === flag || argument.startsWith(`${flag}=`));
}

/** What the app itself asks of callers, in the words of the log. @param {App} app */
function describeRules({ exposure }) {
  return {
    basePath: exposure.basePath,
    auth: describeAuth(exposure.auth),
    cors: describeOrigins(exposure.cors),
  };
}

function describeAuth({ kind, tokens = [] }) {
  switch (kind) {
    case 'open': return 'off';
    case 'tokens': return `${tokens.length} token${tokens.length === 1 ? '' : 's'}`;
    case 'ask': return 'asked of the app';
    default: return kind;
  }
}

function describeOrigins(cors) {
  const origin = cors === null ? { kind: 'default' } : cors.origin;
  switch (origin.kind) {
    case 'fixed': return origin.value;
    case 'list': return origin.values.join(', ') || 'none';
    case 'ask': return 'asked of the app';
    case 'never': return 'none';
    default: return cors !== null && cors.credentials ? 'any, with credentials' : 'any';
  }
}

module.exports = { frontEnvironment, describeRules, hasFlag };
