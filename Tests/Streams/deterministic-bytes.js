'use strict';

const { createHash } = require('node:crypto');
const { Random } = require('../support/random.js');

const BLOCK_BYTES = 64 * 1024;
const POOL_BYTES = 1024 * 1024;
/**
 * Odd and not a power of two, so that no two neighbouring blocks are alike and a lost, doubled or moved block shows.
 */
const STEP_BYTES = 50_021;
const pool = Buffer.concat(Array.from({ length: POOL_BYTES / 4 }, ((random) => () => {
  const word = Buffer.allocUnsafe(4);
  word.writeUInt32LE(random.integer(0, 0xffffffff));
  return word;
})(new Random(1))));

/**
 * The blocks of a long text that both sides can make: the same length gives the same bytes.
 * @param {number} lengthBytes
 * @returns {Generator<Buffer, void>}
 */
function* blocks(lengthBytes) {
  let offset = 0;
  for (let left = lengthBytes; left > 0; left -= BLOCK_BYTES) {
    yield pool.subarray(offset, offset + Math.min(BLOCK_BYTES, left));
    offset = (offset + STEP_BYTES) % (POOL_BYTES - BLOCK_BYTES);
  }
}

/** @param {number} lengthBytes @returns {string} the SHA-256 of the whole text, in hex */
function digestOf(lengthBytes) {
  const hash = createHash('sha256');
  for (const block of blocks(lengthBytes)) hash.update(block);
  return hash.digest('hex');
}

module.exports = { blocks, digestOf };
