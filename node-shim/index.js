'use strict';

require('./lib/node-version').requireNode();
const { serve } = require('./lib/serve');
const { TunnelServer } = require('./lib/tunnel-server');

module.exports = { serve, TunnelServer };
