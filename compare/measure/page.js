'use strict';

/** One self-contained HTML page: no script, no network, light and dark as the reader's system asks. */

const { escape } = require('./charts');

const STYLE = `
:root {
  color-scheme: light dark; --ground: #fbfbfa; --panel: #ffffff; --ink: #1c2024; --quiet: #5d656d; --line: #dfe2e5;
  --good: #17713a; --good-ground: #e4f4e9; --bad: #a8261c; --bad-ground: #fbe9e7;
  --unsure: #7a5300; --unsure-ground: #fdf2d8;
  --series-1: #2b6cb0; --series-2: #c2571a; --series-3: #2f855a; --series-4: #805ad5; --series-5: #b7791f;
  --series-6: #b83280; --series-7: #0e7c86;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181b; --panel: #1c2024; --ink: #e8eaec; --quiet: #a2aab2; --line: #353b41;
    --good: #7fd49a; --good-ground: #16301f; --bad: #ff9c92; --bad-ground: #3a1a17;
    --unsure: #f0c66b; --unsure-ground: #362a10;
    --series-1: #6bb0f5; --series-2: #f39a5f; --series-3: #6fcf97; --series-4: #b69cf5; --series-5: #e6bd55;
    --series-6: #f088c0; --series-7: #5fd0da;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 34px 0 10px; }
h3 { font-size: 15px; margin: 20px 0 6px; }
.panel > h3:first-child { margin-top: 2px; }
p { margin: 6px 0; max-width: 86ch; }
.quiet { color: var(--quiet); }
.good { color: var(--good); } .bad { color: var(--bad); } .unsure { color: var(--unsure); }
.verdict { display: block; padding: 12px 16px; border-radius: 6px; margin: 16px 0; font-weight: 600; }
.verdict.good { background: var(--good-ground); }
.verdict.bad { background: var(--bad-ground); }
.verdict.unsure { background: var(--unsure-ground); }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 14px 16px; }
.panel { margin: 12px 0; }
.scroll { overflow-x: auto; }
details > summary { cursor: pointer; padding: 8px 0; color: var(--quiet); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 8px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--quiet); font-size: 13px; }
td.number, th.number { text-align: right; }
@media (min-width: 700px) { td:first-child, td.number, th.number { white-space: nowrap; } }
code, pre { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; }
.chart { width: 100%; max-width: 900px; height: auto; display: block; }
.chart text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.chart .tick { fill: var(--quiet); font-size: 12px; }
.chart .grid { stroke: var(--line); }
.chart .curve { fill: none; stroke-width: 2.2; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 0 0 8px; }
.legend li { overflow-wrap: anywhere; }
.swatch { display: inline-block; width: 12px; height: 12px; border-radius: 2px; }
.swatch { margin-right: 7px; vertical-align: -1px; }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: 6px 10px; align-items: center; }
.bars .track { position: relative; height: 18px; }
.bars .bar { display: block; height: 100%; min-width: 1px; border-radius: 2px; }
.bars .whisker { position: absolute; top: 50%; height: 1.5px; background: var(--ink); opacity: .65; }
.bars .value { text-align: right; font-variant-numeric: tabular-nums; }
@media (max-width: 600px) {
  main { padding: 18px 12px 40px; }
  .chart text, .chart .tick { font-size: 24px; }
  .chart .curve { stroke-width: 4; }
  .chart .minor { display: none; }
  table.cards thead { display: none; }
  table.cards tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--line); }
  table.cards td { display: block; border: 0; padding: 1px 0; text-align: left; }
  table.cards td:empty { display: none; }
  table.cards td[data-label]::before { content: attr(data-label) ": "; color: var(--quiet); }
}
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
 * @param {'' | 'cards'} [style] cards: on a narrow screen each row is a block of its own
 * @returns {string} HTML
 */
function table(heads, rows, style = '') {
  const names = heads.map((head) => head.replace(/^#/, ''));
  const numeric = heads.map((head) => (head.startsWith('#') ? ' class="number"' : ''));
  const head = names.map((name, column) => `<th${numeric[column]}>${escape(name)}</th>`).join('');
  const cell = (content, column) => {
    // In a card the first two speak for themselves.
    const label = style === 'cards' && column > 1 ? ` data-label="${escape(names[column])}"` : '';
    const html = typeof content === 'object' ? content.html : escape(content);
    return `<td${numeric[column]}${label}>${html}</td>`;
  };
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  const classes = style ? ` class="${style}"` : '';
  return `<div class="scroll"><table${classes}><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

module.exports = { page, table };
