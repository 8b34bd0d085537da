'use strict';

const { serve } = require('./lib/serve');
const { TunnelServer } = require('./lib/tunnel-server');

module.exports = { serve, TunnelServer };
