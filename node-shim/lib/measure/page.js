'use strict';

/** One self-contained HTML page: no script, no network, light and dark as the reader's system asks. */

const { escape } = require('./charts');

const STYLE = `
:root { color-scheme: light dark; --ground: #fbfbfa; --panel: #ffffff; --ink: #1c2024; --quiet: #5d656d; --line: #dfe2e5;
  --good: #17713a; --good-ground: #e4f4e9; --bad: #a8261c; --bad-ground: #fbe9e7; --unsure: #7a5300; --unsure-ground: #fdf2d8;
  --series-1: #2b6cb0; --series-2: #c2571a; --series-3: #2f855a; --series-4: #805ad5; --series-5: #b7791f; --series-6: #b83280; --series-7: #0e7c86; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181b; --panel: #1c2024; --ink: #e8eaec; --quiet: #a2aab2; --line: #353b41;
  --good: #7fd49a; --good-ground: #16301f; --bad: #ff9c92; --bad-ground: #3a1a17; --unsure: #f0c66b; --unsure-ground: #362a10;
  --series-1: #6bb0f5; --series-2: #f39a5f; --series-3: #6fcf97; --series-4: #b69cf5; --series-5: #e6bd55; --series-6: #f088c0; --series-7: #5fd0da; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 34px 0 10px; } h3 { font-size: 15px; margin: 20px 0 6px; }
p { margin: 6px 0; max-width: 78ch; } .quiet { color: var(--quiet); }
.verdict { display: block; padding: 12px 16px; border-radius: 6px; margin: 16px 0; font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); } .unsure { color: var(--unsure); }
.verdict.good { background: var(--good-ground); } .verdict.bad { background: var(--bad-ground); } .verdict.unsure { background: var(--unsure-ground); }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 14px 16px; margin: 12px 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 8px; border-bottom: 1px solid var(--line); vertical-align: top; }
@media (min-width: 700px) { td:first-child { white-space: nowrap; } }
th { font-weight: 600; color: var(--quiet); font-size: 13px; } td.number, th.number { text-align: right; white-space: nowrap; }
code, pre { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; }
.chart { width: 100%; height: auto; display: block; min-width: 520px; } .chart text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.chart .tick { fill: var(--quiet); font-size: 12px; } .chart .grid { stroke: var(--line); } .chart .curve { fill: none; stroke-width: 2.2; }
.chart .whisker { stroke: var(--ink); stroke-width: 1.5; opacity: .65; fill: none; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 0 0 8px; }
.swatch { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 7px; vertical-align: -1px; }
`;

/**
 * @param {string} title
 * @param {string} content HTML of the page's body
 * @returns {string} the whole document
 */
function page(title, content) {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${STYLE}</style></head>
<body><main>
${content}
</main></body></html>
`;
}

/**
 * @param {string[]} heads a head that begins with `#` is a column of numbers
 * @param {Array<Array<string | {html: string}>>} rows text is escaped, `{html}` is not
 * @returns {string} HTML
 */
function table(heads, rows) {
  const numeric = heads.map((head) => head.startsWith('#'));
  const cell = (tag, column, content) => {
    const html = typeof content === 'object' ? content.html : escape(content);
    return `<${tag}${numeric[column] ? ' class="number"' : ''}>${html}</${tag}>`;
  };
  const head = heads.map((text, column) => cell('th', column, text.replace(/^#/, ''))).join('');
  const body = rows.map((row) => `<tr>${row.map((content, column) => cell('td', column, content)).join('')}</tr>`).join('\n');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

module.exports = { page, table };
