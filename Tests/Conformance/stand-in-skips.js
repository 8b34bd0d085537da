'use strict';

/**
 * What the stand-in app cannot answer because the answer is the real runner's own: each rule with its reason. A case
 * that no rule names is replayed.
 * @type {{ reason: string, covers: (record: import('./records.js').RecordedCase) => boolean }[]}
 */
const RULES = [
  {
    reason: "multipart bodies are parsed by the runner's own exposure",
    covers: (record) => record.group === 'multipart',
  },
  {
    reason: 'EJSON types that the stand-in serializer does not know (binary, regexp, objectId, escape, custom types)',
    covers: ({ request }) => /\$(binary|regexp|objectId|escape|type)\b/.test(request.latin1Slice()),
  },
  {
    reason: "quirks of EJSON's walk over objects that look like something else (arguments, ObjectID, typed arrays)",
    covers: (record) => ['callee-key', '_bsontype', 'Uint8ArrayPolyfill'].includes(record.name),
  },
  {
    reason: "results made of the runner's EJSON types",
    covers: ({ request }) => /\/app\.tasks\.(specials|objectIdLike|u12) /.test(request.latin1Slice()),
  },
  {
    reason: "how deep JSON may nest is decided by the app's serializer and its stack",
    covers: (record) => record.group === 'depth',
  },
];

/** @returns {string | undefined} why the stand-in skips this case */
function standInSkips(record) {
  return RULES.find((rule) => rule.covers(record))?.reason;
}

module.exports = { standInSkips };
