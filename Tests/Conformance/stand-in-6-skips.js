'use strict';

/**
 * What the stand-in of 6.4 cannot answer because the answer is the real runner's own: each rule with its reason. A case
 * that no rule names is replayed.
 * @type {{ reason: string, covers: (record: import('./records.js').RecordedCase) => boolean }[]}
 */
const RULES = [
  {
    reason: "uploads, raw bodies and what goes with them are read by the runner's own handlers",
    covers: ({ lane, request }) => lane === 'stream'
      || /content-type: *(multipart|application\/octet-stream)/i.test(request.subarray(0, 4096).latin1Slice()),
  },
  {
    reason: "validators and tokens of lanes are judged by the runner's own handlers",
    covers: ({ variant }) => /^(validator|jwt|authListWithEmpty)/.test(variant),
  },
  {
    reason: "the runner's serializer, beyond the types that the stand-in knows",
    covers: ({ group, name, variant, request }) => group === 'serializer' || variant.startsWith('serializer')
      || /__graph|"__type":"(?!(Undefined|NonFiniteNumber|BigInt|Date|Map|Set)")/.test(request.latin1Slice())
      || (group === 'results' && /^(url|params|symbol\w*|buffer|u8|f64|arrayBuffer|dataView|bigU64)$/.test(name)),
  },
  {
    reason: "the runner's own schemas, pausing, and framework ids",
    covers: ({ group, name }) => /^matched-/.test(name) || group === 'lifecycle' || /^framework-/.test(name)
      || name === 'header-graph',
  },
  {
    reason: 'a discovery list is in the order of the runner',
    covers: ({ status, body }) => status === 200 && Boolean(body) && body.includes('"allowList"'),
  },
];

/**
 * @param {import('./records.js').RecordedCase} record
 * @returns {string | undefined} why the stand-in skips this case
 */
function standInSkips(record) {
  return RULES.find(({ covers }) => covers(record))?.reason;
}

module.exports = { standInSkips };
