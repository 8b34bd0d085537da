'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** A private folder for sockets, removed when the test process leaves. Its path is short: a socket's may have 107 bytes. */
function temporaryFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rs-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

module.exports = { temporaryFolder };
