'use strict';

/**
 * Opens CONNECTIONS connections to PORT, makes one request on each, and holds them until its standard input ends.
 * Says `ready` with the number that was answered and is still open.
 */

const net = require('node:net');

const request = Buffer.from(process.env.REQUEST, 'base64');
const wanted = Number(process.env.CONNECTIONS);
/** Opened at once: below any listen backlog. */
const BATCH = 100;

const open = new Set();

function connect() {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port: Number(process.env.PORT) });
    socket.once('connect', () => socket.write(request));
    socket.once('data', () => {
      open.add(socket);
      resolve();
    });
    socket.on('error', resolve);
    socket.on('close', () => {
      open.delete(socket);
      resolve();
    });
  });
}

async function main() {
  for (let done = 0; done < wanted; done += BATCH) {
    await Promise.all(Array.from({ length: Math.min(BATCH, wanted - done) }, connect));
  }
  process.stdin.on('end', () => process.exit(0)).resume();
  process.stdout.write(`${JSON.stringify({ event: 'ready', open: open.size })}\n`);
}

main();
