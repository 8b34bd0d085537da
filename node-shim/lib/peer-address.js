'use strict';

/**
 * Reads the peer block that precedes a request head.
 * @param {Buffer} bytes
 * @param {number} at
 * @returns {{ remoteFamily?: string, remoteAddress?: string, remotePort?: number, localPort?: number }} as
 *   `net.Socket` has them
 */
function readPeer(bytes, at) {
  const family = bytes[at];
  if (family !== 4 && family !== 6) return {};
  return {
    remoteFamily: family === 4 ? 'IPv4' : 'IPv6',
    remoteAddress: family === 4 ? bytes.subarray(at + 4, at + 8).join('.') : textOfIPv6(bytes, at + 4),
    remotePort: bytes.readUInt16LE(at + 2),
    localPort: bytes.readUInt16LE(at + 20),
  };
}

/** The text form of RFC 5952, which is the URL standard's as well, by which Node can write it. */
function textOfIPv6(bytes, at) {
  const groups = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes.readUInt16BE(at + i).toString(16));
  const mapped = bytes.subarray(at, at + 12).equals(MAPPED_PREFIX);
  if (mapped) return `::ffff:${bytes.subarray(at + 12, at + 16).join('.')}`;
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex');

module.exports = { readPeer };
