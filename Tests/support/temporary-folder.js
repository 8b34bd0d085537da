'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** @type {string[]} */
const folders = [];
process.once('exit', () => { for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true }); });

/**
 * A private folder for sockets, removed when the test process leaves. Its path is short: a socket's may have 107 bytes.
 */
function temporaryFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rs-'));
  folders.push(folder);
  return folder;
}

module.exports = { temporaryFolder };
