'use strict';

/**
 * Charts as SVG text, for pages that must work from a file with no network. Colours are CSS variables of page.js
 * (`--series-1` …), so that one drawing serves light and dark.
 */

const { at } = require('./latency');

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** @param {unknown} text */
function escape(text) {
  return String(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/**
 * A figure with as many digits as it deserves: three that count.
 *
 * @param {number | undefined} value
 * @param {string} [unit]
 */
function figure(value, unit = '') {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const text = digits === 0 ? Math.round(value).toLocaleString('en-US') : value.toFixed(digits);
  return unit ? `${text} ${unit}` : text;
}

/** @param {number | undefined} bytes */
function byteFigure(bytes) {
  if (bytes === undefined || Number.isNaN(bytes)) return '–';
  if (Math.abs(bytes) >= 1 << 20) return figure(bytes / (1 << 20), 'MB');
  return Math.abs(bytes) >= 10240 ? figure(bytes / 1024, 'KB') : figure(bytes, 'bytes');
}

/** The marks of a latency curve's horizontal axis. */
const PERCENTILE_MARKS = [0, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99];

/**
 * Each nine takes the same width (-log10 of what is left above), as in HdrHistogram's plots: the tail stays readable.
 */
const nines = (percentile) => -Math.log10(Math.max(1 - percentile / 100, 1e-4));

/**
 * Latency by percentile, both axes logarithmic: time upwards, nines to the right.
 *
 * @param {Array<{name: string, distribution: import('./latency').Distribution, colour: number}>} series
 * @param {string} title for those who cannot see it
 * @returns {string} HTML with the SVG; empty when there is nothing to draw
 */
function latencyCurves(series, title) {
  const drawn = series.filter(({ distribution }) => distribution.length > 0);
  if (drawn.length === 0) return '';
  const width = 720;
  const height = 320;
  const box = { left: 76, right: 28, top: 14, bottom: 52 };
  const points = drawn.flatMap(({ distribution }) => PERCENTILE_MARKS.map((mark) => at(distribution, mark)));
  const values = points.filter((value) => value > 0);
  const low = Math.min(...values) * 0.8;
  const high = Math.max(...values) * 1.25;
  const x = (percentile) => box.left + (nines(percentile) / 4) * (width - box.left - box.right);
  const y = (milliseconds) => {
    const share = (Math.log(Math.max(milliseconds, low)) - Math.log(low)) / (Math.log(high) - Math.log(low));
    return height - box.bottom - share * (height - box.top - box.bottom);
  };
  const parts = [];
  for (const mark of PERCENTILE_MARKS) {
    const label = mark === 0 ? 'min' : String(mark);
    // The last mark stands at the edge; a narrow screen has room for every other label.
    const anchor = mark === 99.99 ? 'end' : 'middle';
    parts.push(line(x(mark), x(mark), box.top, height - box.bottom));
    parts.push(tick(x(mark), height - box.bottom + 20, anchor, label, [75, 95, 99.5].includes(mark)));
  }
  for (const mark of logarithmicMarks(low, high)) {
    parts.push(line(box.left, width - box.right, y(mark), y(mark)));
    parts.push(tick(box.left - 8, y(mark) + 4, 'end', String(mark), !/^[0.]*1/.test(String(mark))));
  }
  parts.push(tick((box.left + width - box.right) / 2, height - 6, 'middle', 'percentile of answers'));
  const middle = (box.top + height - box.bottom) / 2;
  parts.push(
    `<text class="tick" transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">milliseconds</text>`,
  );
  for (const { name, distribution, colour } of drawn) parts.push(curve(name, colour, distribution, x, y));
  const label = `role="img" aria-label="${escape(title)}"`;
  return `<svg class="chart" viewBox="0 0 ${width} ${height}" ${label}>${parts.join('')}</svg>`;
}

function line(x1, x2, y1, y2) {
  const [a, b, c, d] = [x1, x2, y1, y2].map((value) => value.toFixed(1));
  return `<line class="grid" x1="${a}" x2="${b}" y1="${c}" y2="${d}"/>`;
}

/** @param {boolean} [minor] left out where the text is large for the drawing */
function tick(x, y, anchor, label, minor = false) {
  const classes = minor ? 'tick minor' : 'tick';
  return `<text class="${classes}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${label}</text>`;
}

function curve(name, colour, distribution, x, y) {
  const drawn = distribution.filter(([percentile]) => percentile <= 99.99);
  const points = drawn.map(([percentile, ms]) => `${x(percentile).toFixed(1)},${y(ms).toFixed(1)}`).join(' ');
  const style = `stroke:var(--series-${colour})`;
  return `<polyline class="curve" style="${style}" points="${points}"><title>${escape(name)}</title></polyline>`;
}

/** 1, 2, 5, 10, 20 … between two values. */
function logarithmicMarks(low, high) {
  const marks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const step of [1, 2, 5]) {
      const mark = Number((step * 10 ** power).toPrecision(1));
      if (mark >= low && mark <= high) marks.push(mark);
    }
  }
  return marks;
}

/**
 * Horizontal bars with their figures, and a whisker from the lowest to the highest round.
 *
 * @param {Array<{name: string, value: number, low?: number, high?: number, colour: number, label?: string}>} bars
 * @param {string} title for those who cannot see it
 * @returns {string} HTML; empty when there is nothing to draw
 */
function bars(bars, title) {
  const drawn = bars.filter(({ value }) => Number.isFinite(value));
  if (drawn.length === 0) return '';
  const largest = Math.max(...drawn.map(({ value, high }) => Math.max(value, high ?? value))) || 1;
  const percent = (value) => `${((Math.max(0, value) / largest) * 100).toFixed(2)}%`;
  const rows = drawn.map(({ name, value, low, high, colour, label }) => {
    const whisker = low === undefined || high === undefined || low === high ? ''
      : `<span class="whisker" style="left:${percent(low)};width:${percent(high - low)}"></span>`;
    const bar = `<span class="bar" style="width:${percent(value)};background:var(--series-${colour})"></span>`;
    return `<span class="name">${escape(name)}</span><span class="track">${bar}${whisker}</span>`
      + `<span class="value">${escape(label ?? figure(value))}</span>`;
  });
  return `<div class="bars" role="group" aria-label="${escape(title)}">${rows.join('')}</div>`;
}

/**
 * @param {Array<{name: string, colour: number}>} series
 * @returns {string} HTML
 */
function legend(series) {
  const swatch = (colour) => `<span class="swatch" style="background:var(--series-${colour})"></span>`;
  const items = series.map(({ name, colour }) => `<li>${swatch(colour)}${escape(name)}</li>`);
  return `<ul class="legend">${items.join('')}</ul>`;
}

module.exports = { escape, figure, byteFigure, latencyCurves, bars, legend };
