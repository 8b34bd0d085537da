'use strict';

/**
 * Puts the figures into docs/performance.md, between two marks: what a person wrote around them stays.
 */

const fs = require('node:fs');
const { markdownReport } = require('./report');

const BEGIN = '<!-- figures: made by scripts/bench --write-docs, do not edit -->';
const END = '<!-- end of figures -->';

const EMPTY_PAGE = `# Performance

What a call costs, measured by \`scripts/bench\` on one machine in one run. Ratios travel to other machines; absolute figures do not.

${BEGIN}
${END}
`;

/**
 * @param {string} file
 * @param {object} results
 * @throws {Error} when the page is there without the marks
 */
function writeDocs(file, results) {
  const page = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : EMPTY_PAGE;
  fs.writeFileSync(file, withFigures(page, markdownReport(results)));
}

/**
 * @param {string} page
 * @param {string} figures Markdown
 * @returns {string}
 */
function withFigures(page, figures) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`the page has no place for figures: ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${figures.trim()}\n\n${page.slice(end)}`;
}

module.exports = { writeDocs, withFigures };
