#!/usr/bin/env node
'use strict';

require('../lib/node-version').requireNodeOrExit();
require('../lib').main(process.argv.slice(2)).then((code) => { process.exitCode = code; });
