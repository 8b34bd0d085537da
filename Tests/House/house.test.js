'use strict';

// The rules of this house that a reader relies on, checked: which module may know which, where `unsafe` may stand, how
// long a file may be.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const root = path.join(__dirname, '..', '..');

/** Modules from the top down: each may import those its line names, all of which stand below it. */
const MODULES = {
  'runner-sidecar': ['Sidecar', 'Settings', 'EventLoop', 'Logging', 'Glibc'],
  Sidecar: [
    'Compression', 'Exposure', 'BridgeProtocol', 'HTTPCodec', 'JSONCheck', 'Metrics', 'ProxyProtocol', 'RateLimits',
    'Settings', 'EventLoop', 'Gzip', 'Bytes', 'Logging', 'Glibc', 'Synchronization',
  ],
  Compression: ['Gzip', 'HTTPCodec', 'Bytes'],
  Exposure: ['BridgeProtocol', 'HTTPCodec', 'JSONCheck', 'Bytes'],
  ProxyProtocol: ['Settings', 'Bytes'],
  Settings: ['JSONCheck', 'Bytes'],
  BridgeProtocol: ['JSONCheck', 'Bytes'],
  HTTPCodec: ['Bytes'],
  JSONCheck: ['Bytes'],
  RateLimits: ['Bytes'],
  Metrics: ['Bytes'],
  EventLoop: ['CLibUV', 'Bytes', 'Glibc', 'Synchronization'],
  Gzip: ['CLibDeflate', 'CZlib', 'Bytes'],
  Bytes: [],
};

/** What comes with the toolchain or from another package: not a module of this house. */
const OUTSIDE = new Set(['Logging', 'Glibc', 'Synchronization', 'CLibUV', 'CLibDeflate', 'CZlib']);

/** The modules in which memory is touched: strict memory safety makes every such place say `unsafe`. */
const UNSAFE_MODULES = new Set(['Bytes', 'EventLoop', 'Gzip']);

const FILE_LIMIT_LINES = 400;
const LINE_LIMIT_CHARACTERS = 120;

/** Languages whose lines are counted. In Swift, what is longer for a text in it is the formatter's affair. */
const CODE = /\.(?:js|mjs|ts|swift|lua|sh|html|ya?ml|service)$|(?:^|\/)Dockerfile$|^scripts\/[\w-]+$|^\.ci\/run$/;

/** Files that may be longer, and why. */
const LONG_FILES = {
  'Sources/Sidecar/Admin/AdminPage.swift': 'a whole web page, written by scripts/embed-page',
  'Sources/Sidecar/Connection/HTTP1Connection.swift': 'all that may change the state of a connection',
};

/** Folders that hold what others made. */
const SKIPPED = new Set(['.build', '.git', 'node_modules', 'dist', 'results']);

/**
 * Every file below a folder of the repository.
 * @param {string} folder relative to the root
 * @param {string} extension such as `.swift`
 * @returns {string[]} paths relative to the root
 */
function filesBelow(folder, extension) {
  const found = [];
  if (!fs.existsSync(path.join(root, folder))) return found;
  for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) found.push(...filesBelow(name, extension));
    if (entry.isFile() && entry.name.endsWith(extension)) found.push(name);
  }
  return found;
}

const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

/** The code of a Swift file: what comments and texts say is blanked, so that line numbers stay. */
function swiftCode(file) {
  const blank = (text) => text.replace(/[^\n]/g, ' ');
  return read(file)
    .replace(/#+"""[^]*?"""#+|"""[^]*?"""/g, blank)
    .replace(/"(?:\\.|[^"\\\n])*"/g, blank)
    .replace(/\/\*[^]*?\*\//g, blank)
    .replace(/\/\/.*/g, blank);
}

/** `file:line` of every match, with the line itself. */
function places(file, text, pattern) {
  const lines = text.split('\n');
  return lines.flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : []));
}

const swiftSources = filesBelow('Sources', '.swift');
const scripts = ['Tests', 'node-shim', 'compare', 'scripts', 'docs', 'examples', 'Benchmarks'].flatMap((folder) => (
  filesBelow(folder, '.js')
));
const moduleOf = (file) => file.split('/')[1];
const importsOf = (file) =>
  [...swiftCode(file).matchAll(
    /^\s*(?:@\w+\s+)*(?:public |internal |package |private |fileprivate )?import (?:\w+ )?(\S+)/gm,
  )]
    .map((match) => match[1].split('.')[0]);

test('there are sources to look at', () => {
  assert.ok(swiftSources.length > 50, `${swiftSources.length} Swift files`);
  assert.ok(scripts.length > 20, `${scripts.length} JavaScript files`);
});

test('every module is on the list, and the list names modules only', () => {
  const present = new Set(swiftSources.map(moduleOf));
  assert.deepStrictEqual([...present].sort(), Object.keys(MODULES).sort());
});

test('the list of modules has no circle: each imports only those below it', () => {
  const names = Object.keys(MODULES);
  for (const [i, name] of names.entries()) {
    for (const imported of MODULES[name]) {
      if (OUTSIDE.has(imported)) continue;
      assert.ok(names.indexOf(imported) > i, `${name} may not import ${imported}, which does not stand below it`);
    }
  }
});

test('each file imports only what its module may', () => {
  const wrong = swiftSources.flatMap((file) =>
    importsOf(file)
      .filter((name) => !MODULES[moduleOf(file)].includes(name))
      .map((name) => `${file} imports ${name}`));
  assert.deepStrictEqual(wrong, []);
});

test('Package.swift gives no module a dependency that it may not import', () => {
  const manifest = read('Package.swift').replace(/\/\/.*/g, '');
  const wrong = [];
  for (const match of manifest.matchAll(
    /(?:[^.]module\(\s*|executableTarget\(\s*name:\s*)"([^"]+)"([^()]*(?:\([^()]*\)[^()]*)*)/g,
  )) {
    const [, name, rest] = match;
    for (const [, dependency] of rest.replace(/\.product\(name: ("[^"]+")[^)]*\)/g, '$1').matchAll(/"([^"]+)"/g)) {
      if (!MODULES[name].includes(dependency)) wrong.push(`${name} depends on ${dependency}`);
    }
  }
  assert.deepStrictEqual(wrong, []);
});

test('Foundation stays out of the sources: it would double the binary', () => {
  assert.deepStrictEqual(swiftSources.filter((file) => importsOf(file).some((name) => /^Foundation/.test(name))), []);
});

test('only EventLoop knows libuv', () => {
  const importers = new Set(swiftSources.filter((file) => importsOf(file).includes('CLibUV')).map(moduleOf));
  assert.deepStrictEqual([...importers], ['EventLoop']);
});

test('only Gzip knows zlib and libdeflate', () => {
  const libraries = ['CLibDeflate', 'CZlib'];
  const isImporter = (file) => importsOf(file).some((name) => libraries.includes(name));
  assert.deepStrictEqual([...new Set(swiftSources.filter(isImporter).map(moduleOf))], ['Gzip']);
});

test('memory is touched in Bytes, EventLoop and Gzip only', () => {
  const wrong = swiftSources
    .filter((file) => !UNSAFE_MODULES.has(moduleOf(file)))
    .flatMap((file) => places(
      file, swiftCode(file), /\bunsafe\b|@unchecked|nonisolated\(unsafe\)|\bUnsafe\w*Pointer\b/,
    ));
  assert.deepStrictEqual(wrong, []);
});

/** The code of the fences of a document: `file:line` and the line. What a command prints is as long as it is. */
function fencedCode(file) {
  let language = '';
  return read(file).split('\n').flatMap((line, i) => {
    const fence = /^```(\w*)/.exec(line);
    if (fence) language = language === '' ? fence[1] : '';
    return !fence && ['js', 'swift', 'ts'].includes(language) ? [[`${file}:${i + 1}`, line]] : [];
  });
}

test(`no line is longer than ${LINE_LIMIT_CHARACTERS} characters, in any language`, () => {
  const files = filesBelow('.', '').map((file) => path.posix.normalize(file));
  const code = files.filter((file) => CODE.test(file));
  assert.ok(code.length > 200, `${code.length} files`);
  const isWide = (line) => [...line].length > LINE_LIMIT_CHARACTERS;
  const wide = (file) => read(file).split('\n').flatMap((line, i) => (
    isWide(line) && !(file.endsWith('.swift') && line.includes('"')) ? [`${file}:${i + 1}`] : []
  ));
  assert.deepStrictEqual(code.flatMap(wide), []);
  const documents = files.filter((file) => file.endsWith('.md'));
  assert.deepStrictEqual(documents.flatMap(fencedCode).filter(([, line]) => isWide(line)).map(([at]) => at), []);
});

test(`no file is longer than ${FILE_LIMIT_LINES} lines but for those with a reason`, () => {
  const files = [...swiftSources, ...filesBelow('Tests', '.swift'), ...scripts];
  const long = files.filter((file) => read(file).split('\n').length - 1 > FILE_LIMIT_LINES);
  assert.deepStrictEqual(long.filter((file) => !LONG_FILES[file]), []);
  assert.deepStrictEqual(Object.keys(LONG_FILES).filter((file) => !long.includes(file)), [], 'these are short now');
});

test('nothing is left for later', () => {
  const mark = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'TEMPO' + 'RARY', 'X' + 'XX'].join('|')})\\b`);
  const files = [...swiftSources, ...filesBelow('Tests', '.swift'), ...scripts];
  assert.deepStrictEqual(files.flatMap((file) => places(file, read(file), mark)), []);
});

test("every script starts with 'use strict'", () => {
  const loose = scripts.filter((file) => !/^(?:#!.*\n)?(?:\s|\/\/.*\n|\/\*[^]*?\*\/)*'use strict';/.test(read(file)));
  assert.deepStrictEqual(loose, []);
});

test('the npm packages need no other package', () => {
  for (const folder of ['node-shim', 'compare']) {
    const manifest = JSON.parse(read(`${folder}/package.json`));
    assert.deepStrictEqual(manifest.dependencies ?? {}, {}, folder);
  }
});

test('what production runs does not use what compares and measures', () => {
  const wrong = filesBelow('node-shim', '.js')
    .filter((file) => !file.startsWith('node-shim/test/'))
    .flatMap((file) => places(file, read(file), /require\('[^']*\/(?:compare|measure)\//));
  assert.deepStrictEqual(wrong, []);
});
