'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { temporaryFolder } = require('./temporary-folder.js');

/** The file in which the fault suite's app writes down every run of a task: what really ran, whoever died since. */
class RunLog {
  constructor() {
    this.file = path.join(temporaryFolder(), 'runs');
    fs.writeFileSync(this.file, '');
  }

  /** @returns {Map<string, number>} how often each id ran */
  counts() {
    const counts = new Map();
    for (const id of fs.readFileSync(this.file, 'utf8').split('\n')) {
      if (id !== '') counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  }
}

module.exports = { RunLog };
