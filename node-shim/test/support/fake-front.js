#!/usr/bin/env node
'use strict';

// Stands in for the front's binary: takes its arguments, welcomes the shim on the inherited descriptor, and says that
// it listens. FAKE_FRONT says how it behaves; what it hears is written to FAKE_FRONT_LOG, a line an event.

const fs = require('node:fs');
const net = require('node:net');
const { Peer, TYPE, frame } = require('./test-front');

// `node --test` with a folder takes every file below it for a test.
if (process.argv[2] !== 'serve') process.exit(0);

const behaviour = process.env.FAKE_FRONT || '';
const note = (line) => { if (process.env.FAKE_FRONT_LOG) fs.appendFileSync(process.env.FAKE_FRONT_LOG, `${line}\n`); };

note(`arguments ${process.argv.slice(2).join(' ')}`);
note(`environment ${JSON.stringify(process.env)}`);
if (behaviour === 'port taken') {
  process.stderr.write('cannot listen on 127.0.0.1:7071: address already in use\n');
  process.exit(1);
}

const peer = new Peer({ loops: 1, limits: {}, nextCall: () => 1 }, new net.Socket({ fd: 3 }));
peer.once('hello', async () => {
  peer.welcome();
  const port = Number(process.argv[process.argv.indexOf('--listen') + 1].split(':').pop());
  process.stdout.write(`${JSON.stringify({ event: 'listening', address: '127.0.0.1', port: port || 45678 })}\n`);
  note(`answer ${(await peer.call('echo', '"hi"')).body}`);
  if (behaviour === 'leave') process.exit(0);
  if (behaviour === 'crash always') process.exit(9);
  if (behaviour === 'crash once' && !fs.existsSync(`${process.env.FAKE_FRONT_LOG}.crashed`)) {
    fs.writeFileSync(`${process.env.FAKE_FRONT_LOG}.crashed`, '');
    process.exit(9);
  }
});
peer.on('close', () => process.exit(0));
// Orders come over the control descriptor only: signals are the app's.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => note(`ignored ${signal}`));
new net.Socket({ fd: 4 }).on('data', (orders) => {
  if (!String(orders).startsWith('stop\n')) return;
  peer.send(frame(TYPE.DRAINING));
  note('stopped');
  process.exit(0);
});
setTimeout(() => process.exit(3), 20_000).unref();
