'use strict';

// Both entrances check what they are given by one table: what does not fit is refused where it stands, before anything
// listens.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { TunnelServer, serve } = require('..');
const { checkOptions } = require('../lib/options');

/** What is wrong, and what the error must say. */
const WRONG_EVERYWHERE = [
  [{ portt: 7071 }, /portt is not an option: did you mean port\?/],
  [{ port: '7071' }, /port takes a whole number from 0 to 65535.*, not a string/],
  [{ port: 70710 }, /port takes .*, not 70710/],
  [{ host: '' }, /host takes a string that is not empty, not an empty string/],
  [{ frontArguments: '--admin off' }, /frontArguments takes a list of strings, not a string/],
  [{ frontArguments: ['--loops', 2] }, /not a list with 2/],
  [{ requestListener: {} }, /requestListener takes a function/],
  [{ logger: { log() {} } }, /logger takes an object with info, warn and error/],
  [{ waitForFront: 'no' }, /waitForFront takes true or false/],
  [{ drainMilliseconds: -1 }, /drainMilliseconds takes a whole number from 0/],
  [{ admin: true }, /admin takes a port, "host:port" or "off", not true/],
  [{ hostname: '0.0.0.0' }, /hostname is not an option: did you mean host\?/],
  [{ zzzzzz: 1 }, /zzzzzz is not an option\. There are: socket, fd, /],
];

const WRONG_RULES = [
  [{ auth: 'tok' }, /auth takes \{ token: string \| string\[\], header\?: string \}, not a string/],
  [{ auth: { tokens: ['tok'] } }, /auth\.tokens is not an option: did you mean (http\.)?auth\.token\?/],
  [{ auth: { token: undefined } }, /auth\.token must be a string that is not empty.*environment variable/],
  [{ auth: {} }, /auth\.token must be/],
  [{ auth: { token: '' } }, /auth\.token must be/],
  [{ auth: { token: [] } }, /the list is empty/],
  [{ auth: { token: ['a', ''] } }, /one is an empty string/],
  [{ auth: { token: 5 } }, /auth\.token takes a string, or a list of strings, not 5/],
  [{ cors: { origin: 'https://*.example.com' } }, /letter for letter: .*RegExp/],
  [{ cors: { origins: [] } }, /cors\.origins is not an option: did you mean (http\.)?cors\.origin\?/],
  [{ cors: { origin: 5 } }, /cors\.origin takes a string, a list of strings, a RegExp or a function, not 5/],
  [{ basePath: 5 }, /basePath takes a string, not 5/],
];

for (const [options, message] of [...WRONG_EVERYWHERE, ...WRONG_RULES]) {
  test(`new TunnelServer(${JSON.stringify(options)}) is refused with what to write instead`, () => {
    assert.throws(() => new TunnelServer(/** @type {any} */ (options)), { name: 'TypeError', message });
  });
}

for (const options of [...WRONG_EVERYWHERE, ...WRONG_RULES.map(([rules, message]) => [{ http: rules }, message])]) {
  test(`serve(app, ${JSON.stringify(options[0])}) is refused with what to write instead`, async () => {
    await assert.rejects(serve({ tasks: {} }, /** @type {any} */ (options[0])), {
      name: 'TypeError', message: /** @type {RegExp} */ (options[1]),
    });
  });
}

test('corsOrigins is checked as cors.origin is, and corsOrigin is a misspelling of it', () => {
  const create = (options) => () => new TunnelServer(options);
  assert.throws(create({ corsOrigins: ['https://*.example.com'] }), /corsOrigins has "https:\/\/\*\.example\.com"/);
  assert.throws(create({ corsOrigin: ['https://a.example'] }), /did you mean corsOrigins\?/);
});

test('auth without a token is for releases that have another way, and refused by those that have not', async () => {
  checkOptions('serve', { http: { auth: { allowAnonymous: true } } });
  const serving = serve({ tasks: {} }, { http: { auth: { header: 'x-key' } }, socket: '/nowhere' });
  await assert.rejects(serving, /http\.auth has no token that is not empty/);
});

test('no error shows a token', () => {
  const wrong = [{ auth: 's3cret' }, { auth: { token: ['s3cret', 5] } }, { auth: { tokens: 's3cret' } }];
  for (const options of wrong) {
    assert.throws(() => new TunnelServer(/** @type {any} */ (options)), ({ message }) => !message.includes('s3cret'));
  }
});

test('what is left out, undefined or null is the default, and what every release of the runner takes is taken', () => {
  checkOptions('TunnelServer', { port: 0, host: undefined, auth: undefined, cors: null, corsOrigins: '*' });
  checkOptions('TunnelServer', { auth: { token: ['a', 'b'], header: 'x-key' }, cors: { origin: /^https:/ } });
  checkOptions('serve', { http: {
    basePath: '', listen: { port: 7070 }, server: {}, auth: { token: 'a', allowAnonymous: true },
    limits: { json: { maxSize: 1 } }, disableDiscovery: true, dangerouslyAllowOpenExposure: true,
  } });
});
