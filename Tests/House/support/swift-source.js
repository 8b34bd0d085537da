'use strict';

/** Reads Swift as text: enough to find declarations, parameters and members, without a compiler. */

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..', '..', '..');

/** Every Swift file below the folders. @param {string[]} folders @returns {string[]} relative to the root */
function swiftFiles(...folders) {
  const inside = (folder) => fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return inside(name);
    return entry.name.endsWith('.swift') ? [name] : [];
  });
  return folders.flatMap(inside);
}

/** Comments, and literals of each kind; within one, `\(…)` may hold another bracket. */
const TEXTS = new RegExp([
  /\/\*[^]*?\*\//, /\/\/.*/, /#+"""[^]*?"""#+/, /"""[^]*?"""/, /#+"[^\n]*?"#+/,
  /"(?:\\\((?:[^()\n]|\([^()\n]*\))*\)|\\.|[^"\\\n])*"/,
].map(({ source }) => source).join('|'), 'g');

/**
 * The code of a text: comments are blanked, and of string literals only what is interpolated stays. Lines keep their
 * numbers.
 * @param {string} text
 */
function codeOf(text) {
  const blank = (part) => part.replace(/[^\n]/g, ' ');
  const literal = (part) => blank(part).split('').map((char, i) => (interpolated(part)[i] ? part[i] : char)).join('');
  return text.replace(TEXTS, (part) => (part.startsWith('/') ? blank(part) : literal(part)));
}

/** For each character of a literal, whether it is within `\(…)`. @param {string} literal @returns {boolean[]} */
function interpolated(literal) {
  const inside = new Array(literal.length).fill(false);
  for (let at = literal.indexOf('\\('); at >= 0; at = literal.indexOf('\\(', at + 1)) {
    const end = closing(literal, literal.indexOf('(', at));
    for (let i = at + 2; i < end; i += 1) inside[i] = true;
  }
  return inside;
}

const PAIRS = { '(': ')', '{': '}' };

/** Where the bracket at `open` is closed; the end when it is not. @param {string} text @param {number} open */
function closing(text, open) {
  const close = PAIRS[text[open]];
  let depth = 0;
  for (let i = open; i < text.length; i += 1) {
    if (text[i] === text[open]) depth += 1;
    if (text[i] === close && (depth -= 1) === 0) return i;
  }
  return text.length;
}

/** The line of an offset, from 1. @param {string} text @param {number} offset */
const lineAt = (text, offset) => text.slice(0, offset).split('\n').length;

/** From the end of the parameters to the body. */
const BETWEEN = /^\s*(?:async\s*)?(?:re?throws(?:\([^)]*\))?\s*)?(?:->[^{]*?)?(?:\bwhere\b[^{]*?)?\{/;

/**
 * Functions and initialisers that have a body.
 * @param {string} code
 * @returns {Array<{ name: string, at: number, modifiers: string, parameters: string[], body: string }>}
 *   `parameters`: the names by which the body knows them; `_` is left out
 */
function functionsOf(code) {
  const found = [];
  for (const match of code.matchAll(/^([^\n{}()]*?)\b(func\s+(?:`?\w+`?|[^\s\w(]+)|init[?!]?)(?:<[^\n>]*>)?\s*\(/gm)) {
    const open = match.index + match[0].length - 1;
    const close = closing(code, open);
    const rest = BETWEEN.exec(code.slice(close + 1));
    // A requirement of a protocol has no body: what comes first is another declaration.
    if (rest === null || /\b(?:func|var|let|init|case|static)\b/.test(rest[0])) continue;
    const start = close + rest[0].length;
    const name = match[2].startsWith('init') ? 'init' : match[2].replace(/^func\s+/, '').replaceAll('`', '');
    found.push({
      name, at: match.index, modifiers: match[1], parameters: parametersOf(code.slice(open + 1, close)),
      body: code.slice(start, closing(code, start)),
    });
  }
  return found;
}

/** @param {string} list what stands between the parentheses */
function parametersOf(list) {
  return splitOutside(list).flatMap((one) => {
    const match = /^\s*(?:@\w+\s+)*(\w+)(?:\s+(\w+))?\s*:/.exec(one);
    const name = match && (match[2] ?? match[1]);
    return name && name !== '_' ? [name] : [];
  });
}

/** The parts between commas that are in no bracket. @param {string} list */
function splitOutside(list) {
  const parts = [''];
  let depth = 0;
  for (const [i, char] of [...list].entries()) {
    if ('([{<'.includes(char)) depth += 1;
    if (')]}'.includes(char) || (char === '>' && list[i - 1] !== '-')) depth -= 1;
    if (char === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
}

/**
 * Stored variables of classes.
 * @param {string} code
 * @returns {Array<{ type: string, name: string, at: number, modifiers: string }>}
 */
function classVariablesOf(code) {
  const found = [];
  for (const match of code.matchAll(/^([^\n{}]*)\bclass\s+(\w+)[^\n{]*\{/gm)) {
    // No other file can name it.
    if (/\b(?:private|fileprivate)\b/.test(match[1])) continue;
    const open = match.index + match[0].length - 1;
    const body = code.slice(open + 1, closing(code, open));
    let depth = 0;
    let offset = open + 1;
    for (const line of body.split('\n')) {
      const variable = /^\s*((?:@\w+\s+|[\w()]+\s+)*?)var\s+(\w+)(.*)$/.exec(line);
      if (depth === 0 && variable && !isComputed(variable[3]) && !/\bstatic\b/.test(variable[1])) {
        found.push({ type: match[2], name: variable[2], at: offset, modifiers: variable[1] });
      }
      for (const char of line) depth += char === '{' ? 1 : char === '}' ? -1 : 0;
      offset += line.length + 1;
    }
  }
  return found;
}

/** A body behind the type, without a value, is a getter. @param {string} rest what follows the name */
function isComputed(rest) {
  const brace = rest.indexOf('{');
  if (brace < 0 || /\b(?:didSet|willSet)\b/.test(rest)) return false;
  const equals = rest.search(/(?<![=!<>])=(?!=)/);
  return equals < 0 || equals > brace;
}

module.exports = { root, swiftFiles, codeOf, lineAt, functionsOf, classVariablesOf };
