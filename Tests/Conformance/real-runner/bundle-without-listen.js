'use strict';

// The real runner (REAL_RUNNER_BUNDLE), with a `nodeExposure` that opens no port: the front listens instead.
const bundle = require(process.env.REAL_RUNNER_BUNDLE);

const nodeExposure = Object.create(bundle.nodeExposure, {
  with: {
    value({ http }) {
      const { listen: _listen, ...withoutListen } = http;
      return bundle.nodeExposure.with({ http: withoutListen });
    },
  },
});

module.exports = { ...bundle, nodeExposure };
