'use strict';

// What nothing uses is not there: declarations and parameters that only their own line names fail the run. And only the
// owner writes: what a class stores is written in its own file, which `private(set)` has the compiler hold.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const {
  root, swiftFiles, codeOf, lineAt, functionsOf, classVariablesOf,
} = require('./support/swift-source.js');

const sources = swiftFiles('Sources').map((file) => {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  return { file, code: codeOf(text) };
});

/** Benchmarks measure the modules from outside, so what they use is used. Tests do not count. */
const outside = swiftFiles('Benchmarks').map((file) => codeOf(fs.readFileSync(path.join(root, file), 'utf8')));

/** Modules whose use comes with a later change: they come off this list with it. */
const NOT_USED_YET = ['Compression', 'Gzip'];

/** Declarations of the front that are there for tests: what they look at, or run the front in. */
const FOR_TESTS = {
  'Sources/EventLoop/MemoryConnection.swift': 'the in-memory transport',
  'Sources/EventLoop/Simulation.swift': 'the in-memory loop',
  'Sources/BridgeProtocol/CallEntry.swift': 'CallsReader reads what a front writes, which only a worker does',
  'Sources/Sidecar/Mirror/MirrorBudget.swift': 'usedBytes: that nothing is left',
  'Sources/RateLimits/ClientTable.swift': 'liveCount: that nothing is left',
};

/** Classes that are written from other files on purpose. */
const SHARED = {
  RequestHead: 'the parser, in several files, fills one record over and over; outside its module it is read-only',
  Loop: 'its pool is memory to borrow, its hooks are set by who owns the loop',
  Stream: 'its outbox is there to be appended to, neededBytes to be set by its subclass',
  PendingWrite: 'bytes on loan between a stream and libuv',
  MemoryConnection: 'a test sets its limits',
  MemoryEndpoint: 'the in-memory half of a stream',
  BufferedResponse: 'bytes on loan to the response pipeline',
  LoopExposure: 'its rules are asked in place: each question may remember an origin',
};

/** Classes that are cut into extension files, whose state each of these may write: to be taken apart. */
const CUT = ['Front', 'RequestTrace'];

/** Names that a protocol of the standard library or of swift-log asks for: they are called from there. */
const WITNESSES = new Set([
  'description', 'hash', 'next', 'makeIterator', 'label', 'metadata', 'metadataProvider', 'logLevel', 'log', 'rawValue',
  'Element', 'Failure',
]);

const DECLARATION = /\b(func|var|let|struct|class|enum|actor|protocol|typealias)\s+`?([A-Za-z_]\w*)`?/g;

/** How often each word stands in the code. @param {string[]} codes @returns {Map<string, number>} */
function wordCounts(codes) {
  const counts = new Map();
  for (const code of codes) {
    for (const [word] of code.matchAll(/[A-Za-z_]\w*/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** Declarations whose name stands nowhere else. @param {Array<{ file: string, code: string }>} files */
function deadDeclarations(files, others = []) {
  const counts = wordCounts([...files.map(({ code }) => code), ...others]);
  /** @type {Map<string, string[]>} */
  const places = new Map();
  for (const { file, code } of files) {
    for (const match of code.matchAll(DECLARATION)) {
      if (/\boverride\s+(?:\w+\s+)*$/.test(code.slice(Math.max(0, match.index - 40), match.index))) continue;
      const place = `${file}:${lineAt(code, match.index)}: ${match[2]}`;
      places.set(match[2], [...(places.get(match[2]) ?? []), place]);
    }
  }
  return [...places]
    .filter(([name, declared]) => name !== '_' && !WITNESSES.has(name) && counts.get(name) === declared.length)
    .flatMap(([, declared]) => declared);
}

/** What a subclass answers: the signature is for those that do. */
const ABSTRACT = /^\{?\s*(?:preconditionFailure\([^)]*\))?\s*$/;

/**
 * Parameters that the body of their function does not name. An override has its signature from elsewhere.
 * @param {Array<{ file: string, code: string }>} files
 */
function unreadParameters(files) {
  const ownSignature = ({ modifiers, body }) => !/\boverride\b/.test(modifiers) && !ABSTRACT.test(body);
  return files.flatMap(({ file, code }) => functionsOf(code).filter(ownSignature).flatMap((found) => {
    const { name, at, parameters, body } = found;
    const words = new Set(body.match(/[A-Za-z_]\w*/g));
    return parameters
      .filter((parameter) => !words.has(parameter))
      .map((parameter) => `${file}:${lineAt(code, at)}: ${name} does not read ${parameter}`);
  }));
}

const isForLater = (place) => NOT_USED_YET.includes(place.split('/')[1]) || place.split(':')[0] in FOR_TESTS;

/** Stored variables of classes that other files may write. @param {Array<{ file: string, code: string }>} files */
function foreignWrites(files) {
  return files.flatMap(({ file, code }) => classVariablesOf(code)
    .filter(({ type, modifiers }) => !/\b(?:private|fileprivate)\b/.test(modifiers))
    .filter(({ type }) => !(type in SHARED) && !CUT.includes(type))
    .map(({ type, name, at }) => `${file}:${lineAt(code, at)}: ${type}.${name}`));
}

test('the reader of Swift finds what it looks for', () => {
  const code = codeOf(`
/// unused in a comment
final class Counter {
    private(set) var count = 0
    var open: Int
    var computed: Int { count }
    private var watched = 1 { didSet { note("\\(watched) unused") } }
    func note(_ text: String, at unread: Int) { print(text) }
    func unused<T>(_ value: T) where T: P { count += 1 }
    func abstract(_ value: Int) { preconditionFailure("abstract") }
    override func overridden(_ value: Int) { count += 1 }
}
protocol P { func requirement(named: Int) }
`);
  const files = [{ file: 'a.swift', code }];
  const dead = deadDeclarations(files).map((place) => place.split(': ')[1]).sort();
  assert.deepStrictEqual(dead, ['Counter', 'abstract', 'computed', 'open', 'requirement', 'unused']);
  assert.deepStrictEqual(unreadParameters(files), [
    'a.swift:8: note does not read unread', 'a.swift:9: unused does not read value',
  ]);
  assert.deepStrictEqual(foreignWrites(files), ['a.swift:5: Counter.open']);
});

test('nothing is declared that nothing uses', () => {
  assert.deepStrictEqual(deadDeclarations(sources, outside).filter((place) => !isForLater(place)), []);
});

test('every parameter is read: one that a protocol asks for and nothing needs is named _', () => {
  const functions = sources.flatMap(({ code }) => functionsOf(code));
  assert.ok(functions.length > 500, `${functions.length} functions`);
  assert.deepStrictEqual(unreadParameters(sources), []);
});

test('the lists of exceptions name what there is', () => {
  const classes = new Set(sources.flatMap(({ code }) => classVariablesOf(code)).map(({ type }) => type));
  assert.deepStrictEqual([...Object.keys(SHARED), ...CUT].filter((name) => !classes.has(name)), []);
  const files = new Set(sources.map(({ file }) => file));
  assert.deepStrictEqual(Object.keys(FOR_TESTS).filter((file) => !files.has(file)), []);
  const modules = new Set(sources.map(({ file }) => file.split('/')[1]));
  assert.deepStrictEqual(NOT_USED_YET.filter((name) => !modules.has(name)), []);
});

test('what a class stores is written in its own file: private, or private(set)', () => {
  const variables = sources.flatMap(({ code }) => classVariablesOf(code));
  assert.ok(variables.length > 50, `${variables.length} stored variables`);
  assert.deepStrictEqual(foreignWrites(sources), []);
});
