'use strict';

/**
 * Reads the code fences of a Markdown document. What a fence's info string says after the language decides what
 * docs/snippets.test.js does with it:
 *
 *     js run               started with Node; the next one runs once it has written its first line
 *     js file=NAME         written to a file of that name, for what follows
 *     sh start             a command that keeps running, started like `js run`
 *     sh run run to its end; when a `text` fence follows it, that is what it must print (… stands for anything) …
 *     in-repository in the project's folder instead of the section's own … instead="COMMAND" this runs in its place,
 *     for a command that would build first … not-run="REASON" not run, and why
 *
 *     js runner=6          the section's snippets run on @bluelibs/runner 6 (its stand-in, or RUNNER_BUNDLE_6)
 *
 * All snippets under one heading of level 2 run in one folder, and end with it.
 *
 * @typedef {object} Fence
 * @property {string} language
 * @property {Map<string, string>} marks
 * @property {string} text
 * @property {number} line where it starts
 * @property {string} section the heading of level 2 it stands under
 */

/** @param {string} markdown @returns {Fence[]} */
function readFences(markdown) {
  const fences = [];
  let section = '';
  /** @type {Fence | null} */
  let open = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open !== null) {
      if (line.trim() === '```') open = null;
      else open.text += `${line}\n`;
    } else if (line.startsWith('```')) {
      const [, language, marks] = /^```(\S*)\s*(.*)$/.exec(line);
      open = { language, marks: readMarks(marks), text: '', line: index + 1, section };
      fences.push(open);
    } else if (line.startsWith('## ')) {
      section = line.slice(3).trim();
    }
  }
  return fences;
}

function readMarks(text) {
  const marks = new Map();
  for (const [, name, quoted, bare] of text.matchAll(/([\w-]+)(?:=(?:"([^"]*)"|(\S+)))?/g)) {
    marks.set(name, quoted ?? bare ?? '');
  }
  return marks;
}

module.exports = { readFences };
