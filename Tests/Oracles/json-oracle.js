'use strict';

/**
 * V8 judges what the checker claims about documents.
 *
 * In, on stdin, batches: byte length (u32 LE), then that many bytes of cases, each a claim of 24 bytes and a document:
 *   0  document length, u32 LE
 *   4  flags: 1 accepted, 2 ASCII, 4 object, 8 dollar key, 16 dollar key outside the member, 32 has the member
 *   5  the member asked for: 0 input, 1 payload
 *   6  zero
 *   8  offset and length of the member's value, u32 LE each
 *  16  offset and length of the whole value, u32 LE each
 * Out, on stdout, for each batch: byte length (u32 LE), then JSON:
 *   { "accepted": how many V8 accepts, "members": how many of them have the member asked for,
 *     "disagreements": [{ "index", "document" (base64), "reason" }], the first ten }
 */

const WHITE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const MEMBERS = ['input', 'payload'];
const CLAIM_BYTES = 24;
const DISAGREEMENT_LIMIT = 10;

/** Whether a key means more to EJSON or to assignment than to JSON.parse. */
const isDollarKey = (key) => key.startsWith('$') || key === '__proto__';

/**
 * Whether any object in the text has such a key, and whether one outside the values of the member has. Read from the
 * text, since an object that vanishes under a duplicate key is in the text but not in the parsed value.
 * @param {string} text a text that JSON.parse takes
 * @param {string} member @param {boolean} isObject
 * @returns {{ any: boolean, outside: boolean }}
 */
function dollarKeys(text, member, isObject) {
  let depth = 0;
  let any = false;
  let outside = false;
  let isInMember = false;
  // In a valid text a string is a key exactly when a colon follows it.
  const token = /"((?:[^"\\]|\\.)*)"([ \t\r\n]*:)?|[[{]|[\]}]/gs;
  for (let match; (match = token.exec(text)) !== null; ) {
    const found = match[0];
    if (found === '[' || found === '{') depth++;
    else if (found === ']' || found === '}') depth--;
    else if (match[2] !== undefined) {
      const key = JSON.parse(`"${match[1]}"`);
      if (depth === 1) isInMember = isObject && key === member;
      if (!isDollarKey(key)) continue;
      any = true;
      if (!isInMember) outside = true;
    }
  }
  return { any, outside };
}

/** @returns {string | null} what is wrong with the claim, or null */
function judge(document, claim) {
  const text = document.toString('utf8');
  let value;
  let accepted = true;
  try {
    value = JSON.parse(text);
  } catch {
    accepted = false;
  }
  if (accepted !== claim.accepted) return accepted ? 'V8 accepts it' : 'V8 refuses it';
  if (!accepted) return null;
  verdicts.accepted++;

  const isASCII = document.every((byte) => byte < 0x80);
  if (isASCII !== claim.isASCII) return `isASCII is ${isASCII}`;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isObject !== claim.isObject) return `isObject is ${isObject}`;
  const { any, outside } = dollarKeys(text, claim.member, isObject);
  if (any !== claim.hasDollarKey) return `hasDollarKey is ${any}`;
  if (outside !== claim.hasDollarKeyOutside) return `hasDollarKeyOutside is ${outside}`;

  const wholeFault = judgeSlice(document, claim.value, value);
  if (wholeFault !== null) return `the whole value: ${wholeFault}`;
  const hasMember = isObject && Object.hasOwn(value, claim.member);
  if (hasMember !== claim.hasMember) return hasMember ? `it has ${claim.member}` : `it has no ${claim.member}`;
  if (!hasMember) return null;
  verdicts.members++;
  const memberFault = judgeSlice(document, claim.memberRange, value[claim.member]);
  return memberFault === null ? null : `${claim.member}: ${memberFault}`;
}

/** Whether the slice, alone, is the text of `value` and begins and ends with it. */
function judgeSlice(document, { offset, length }, value) {
  if (length === 0 || offset + length > document.length) return 'the slice is empty or beyond the end';
  if (WHITE.has(document[offset]) || WHITE.has(document[offset + length - 1])) return 'white space around the slice';
  const slice = document.toString('utf8', offset, offset + length);
  let parsed;
  try {
    parsed = JSON.parse(slice);
  } catch (error) {
    return `the slice does not parse: ${error.message}`;
  }
  // Two trees are compared by the texts they are written as; a lone number exactly, since -0 is written as 0.
  const same = typeof value === 'number' ? Object.is(parsed, value) : JSON.stringify(parsed) === JSON.stringify(value);
  return same ? null : 'the slice is another value';
}

const verdicts = { accepted: 0, members: 0 };

function judgeBatch(batch) {
  verdicts.accepted = 0;
  verdicts.members = 0;
  const disagreements = [];
  let index = 0;
  for (let at = 0; at < batch.length; index++) {
    const length = batch.readUInt32LE(at);
    const flags = batch[at + 4];
    const claim = {
      accepted: (flags & 1) !== 0,
      isASCII: (flags & 2) !== 0,
      isObject: (flags & 4) !== 0,
      hasDollarKey: (flags & 8) !== 0,
      hasDollarKeyOutside: (flags & 16) !== 0,
      hasMember: (flags & 32) !== 0,
      member: MEMBERS[batch[at + 5]],
      memberRange: { offset: batch.readUInt32LE(at + 8), length: batch.readUInt32LE(at + 12) },
      value: { offset: batch.readUInt32LE(at + 16), length: batch.readUInt32LE(at + 20) },
    };
    const document = batch.subarray(at + CLAIM_BYTES, at + CLAIM_BYTES + length);
    const reason = judge(document, claim);
    if (reason !== null && disagreements.length < DISAGREEMENT_LIMIT) {
      disagreements.push({ index, document: document.toString('base64'), reason });
    }
    at += CLAIM_BYTES + length;
  }
  return { ...verdicts, disagreements };
}

function answer(value) {
  const body = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  process.stdout.write(Buffer.concat([head, body]));
}

let pending = [];
let pendingBytes = 0;
process.stdin.on('data', (chunk) => {
  pending.push(chunk);
  pendingBytes += chunk.length;
  for (;;) {
    if (pendingBytes < 4) return;
    if (pending[0].length < 4) pending = [Buffer.concat(pending)];
    const length = pending[0].readUInt32LE(0);
    if (pendingBytes < 4 + length) return;
    const bytes = Buffer.concat(pending);
    answer(judgeBatch(bytes.subarray(4, 4 + length)));
    pending = [bytes.subarray(4 + length)];
    pendingBytes -= 4 + length;
  }
});
