'use strict';

require('./lib/node-version').requireNode();
const { serve } = require('./lib/serve');
const { sidecarResource } = require('./lib/sidecar-resource');
const { TunnelServer } = require('./lib/tunnel-server');

module.exports = { serve, sidecarResource, TunnelServer };
