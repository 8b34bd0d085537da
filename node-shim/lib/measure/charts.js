'use strict';

/**
 * Charts as SVG text, for pages that must work from a file with no network. Colours are CSS variables of page.js
 * (`--series-1` …), so that one drawing serves light and dark.
 */

const { at } = require('./latency');

/** @param {unknown} text */
function escape(text) {
  return String(text).replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);
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

/** Each nine takes the same width (-log10 of what is left above), as in HdrHistogram's plots: the tail stays readable. */
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
  const height = 300;
  const box = { left: 58, right: 24, top: 14, bottom: 40 };
  const values = drawn.flatMap(({ distribution }) => PERCENTILE_MARKS.map((mark) => at(distribution, mark))).filter((v) => v > 0);
  const low = Math.min(...values) * 0.8;
  const high = Math.max(...values) * 1.25;
  const x = (percentile) => box.left + (nines(percentile) / 4) * (width - box.left - box.right);
  const y = (milliseconds) => {
    const share = (Math.log(Math.max(milliseconds, low)) - Math.log(low)) / (Math.log(high) - Math.log(low));
    return height - box.bottom - share * (height - box.top - box.bottom);
  };
  const parts = [];
  for (const mark of PERCENTILE_MARKS) {
    parts.push(`<line class="grid" x1="${x(mark).toFixed(1)}" x2="${x(mark).toFixed(1)}" y1="${box.top}" y2="${height - box.bottom}"/>`);
    parts.push(`<text class="tick" x="${x(mark).toFixed(1)}" y="${height - box.bottom + 16}" text-anchor="middle">${mark === 0 ? 'min' : mark}</text>`);
  }
  for (const mark of logarithmicMarks(low, high)) {
    parts.push(`<line class="grid" x1="${box.left}" x2="${width - box.right}" y1="${y(mark).toFixed(1)}" y2="${y(mark).toFixed(1)}"/>`);
    parts.push(`<text class="tick" x="${box.left - 8}" y="${(y(mark) + 4).toFixed(1)}" text-anchor="end">${mark}</text>`);
  }
  parts.push(`<text class="tick" x="${(box.left + width - box.right) / 2}" y="${height - 6}" text-anchor="middle">percentile of answers</text>`);
  parts.push(`<text class="tick" transform="translate(12 ${(box.top + height - box.bottom) / 2}) rotate(-90)" text-anchor="middle">milliseconds</text>`);
  for (const { name, distribution, colour } of drawn) {
    const points = distribution.filter(([percentile]) => percentile <= 99.99).map(([p, ms]) => `${x(p).toFixed(1)},${y(ms).toFixed(1)}`);
    parts.push(`<polyline class="curve" style="stroke:var(--series-${colour})" points="${points.join(' ')}"><title>${escape(name)}</title></polyline>`);
  }
  return drawing(width, height, title, parts);
}

/** On a narrow page a chart scrolls by itself, instead of being drawn too small to read. */
function drawing(width, height, title, parts) {
  return `<div class="scroll"><svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">${parts.join('')}</svg></div>`;
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
 * @returns {string} HTML with the SVG; empty when there is nothing to draw
 */
function bars(bars, title) {
  const drawn = bars.filter(({ value }) => Number.isFinite(value));
  if (drawn.length === 0) return '';
  const width = 720;
  const rowHeight = 26;
  const left = 190;
  const right = 130;
  const height = drawn.length * rowHeight + 6;
  const largest = Math.max(...drawn.map(({ value, high }) => Math.max(value, high ?? value))) || 1;
  const length = (value) => (Math.max(0, value) / largest) * (width - left - right);
  const rows = drawn.map(({ name, value, low, high, colour, label }, row) => {
    const top = row * rowHeight + 5;
    const middle = top + 9;
    const whisker = low === undefined || high === undefined || low === high ? ''
      : `<path class="whisker" d="M${(left + length(low)).toFixed(1)} ${middle}H${(left + length(high)).toFixed(1)}"/>`;
    const labelX = left + length(Math.max(value, high ?? value)) + 8;
    return `<text class="name" x="${left - 10}" y="${middle + 5}" text-anchor="end">${escape(name)}</text>`
      + `<rect x="${left}" y="${top}" width="${Math.max(1, length(value)).toFixed(1)}" height="18" rx="2" style="fill:var(--series-${colour})"/>${whisker}`
      + `<text class="value" x="${labelX.toFixed(1)}" y="${middle + 5}">${escape(label ?? figure(value))}</text>`;
  });
  return drawing(width, height, title, rows);
}

/**
 * @param {Array<{name: string, colour: number}>} series
 * @returns {string} HTML
 */
function legend(series) {
  const items = series.map(({ name, colour }) => `<li><span class="swatch" style="background:var(--series-${colour})"></span>${escape(name)}</li>`);
  return `<ul class="legend">${items.join('')}</ul>`;
}

module.exports = { escape, figure, byteFigure, latencyCurves, bars, legend };
