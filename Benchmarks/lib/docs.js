'use strict';

/**
 * Puts the figures into docs/performance.md, between marks: what a person wrote around them stays, and holds no figure.
 * A section is there once, and each has its place.
 */

const fs = require('node:fs');
const { tables, methodSentences, markdownTable } = require('./report');
const { breakdownSentences } = require('./breakdown');

const begin = (section) => `<!-- ${section}: made by scripts/bench --write-docs, do not edit -->`;
const end = (section) => `<!-- end of ${section} -->`;

/** What each section of the page holds. */
const SECTIONS = {
  method: (results) => methodSentences(results).join('\n\n'),
  targets: (results) => markdownTable({ ...tables(results).targets, title: '' }),
  costs: (results) => [...breakdownSentences(results), ...tables(results).breakdown.map(markdownTable)].join('\n\n'),
  figures: (results) => {
    const { cases, idle } = tables(results);
    return [...cases, ...(idle.rows.length > 0 ? [idle] : [])].map(markdownTable).join('\n\n');
  },
};

/**
 * @param {string} file
 * @param {object} results
 * @throws {Error} when the page has no place for a section
 */
function writeDocs(file, results) {
  let page = fs.readFileSync(file, 'utf8');
  for (const [section, content] of Object.entries(SECTIONS)) page = withSection(page, section, content(results));
  fs.writeFileSync(file, page);
}

/**
 * @param {string} page
 * @param {string} section
 * @param {string} content Markdown
 * @returns {string}
 */
function withSection(page, section, content) {
  const from = page.indexOf(begin(section));
  const to = page.indexOf(end(section));
  if (from === -1 || to < from) throw new Error(`the page has no place for ${begin(section)} … ${end(section)}`);
  return `${page.slice(0, from + begin(section).length)}\n\n${content.trim()}\n\n${page.slice(to)}`;
}

module.exports = { writeDocs, withSection, SECTIONS };
