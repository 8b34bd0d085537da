#!/usr/bin/env node
'use strict';

require('../lib/node-version').requireNodeOrExit();
require('../lib/command').main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`runner-sidecar-shim: ${error.report || error.message}\n`);
  process.exit(1);
});
