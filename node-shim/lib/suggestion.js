'use strict';

/** A name further away than this is another name. */
const DISTANCE_MAX = 3;

/** Names that other servers have for what has another name here. */
const OTHER_NAMES = {
  hostname: 'host', address: 'host', cors: 'corsOrigins', corsOrigin: 'corsOrigins', origin: 'cors', origins: 'cors',
  token: 'auth', tokens: 'token', path: 'basePath', prefix: 'basePath', timeout: 'frontArguments',
};

/**
 * @param {string} name what was written
 * @param {string[]} known
 * @param {string} [prefix] of the known ones, for the text
 * @returns {string} `: did you mean …?`, or which ones there are
 */
function suggestionFor(name, known, prefix = '') {
  const other = OTHER_NAMES[name];
  const nearest = other !== undefined && known.includes(other) ? other : nearestTo(name, known);
  if (nearest !== null) return `: did you mean ${prefix}${nearest}?`;
  return `. There are: ${known.map((option) => `${prefix}${option}`).join(', ')}`;
}

function nearestTo(name, known) {
  let best = null;
  let bestDistance = Math.min(DISTANCE_MAX, Math.ceil(name.length / 2)) + 1;
  for (const option of known) {
    const distance = editDistance(name.toLowerCase(), option.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [option, distance];
  }
  return best;
}

/** Levenshtein's. */
function editDistance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = one[i - 1] === other[j - 1] ? 0 : 1;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + change));
    }
    row = next;
  }
  return row[other.length];
}

module.exports = { suggestionFor };
