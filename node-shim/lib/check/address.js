'use strict';

/**
 * The parts of `127.0.0.1:7071` or `[::1]:7071`, for a client: an address that stands for all is asked on this machine.
 * @param {string} address
 * @returns {{ host: string, port: number }}
 * @throws {Error} when it is none
 */
function hostAndPort(address) {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(address);
  if (!match) throw new Error(`${address} is not an address and port, such as 127.0.0.1:7071`);
  const host = match[1] ?? match[2];
  const wildcard = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return { host: wildcard[host] ?? host, port: Number(match[3]) };
}

module.exports = { hostAndPort };
