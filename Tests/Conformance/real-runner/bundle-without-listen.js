'use strict';

// The real runner (REAL_RUNNER_BUNDLE), with a `nodeExposure` that opens no port: the front listens instead. What the
// app passed as `http` is kept for the shim, which takes the very same object.
const bundle = require(process.env.REAL_RUNNER_BUNDLE);

const captured = { http: /** @type {object | undefined} */ (undefined) };
const nodeExposure = Object.create(bundle.nodeExposure, {
  with: {
    value({ http }) {
      const { listen: _listen, ...withoutListen } = http;
      captured.http = http;
      return bundle.nodeExposure.with({ http: withoutListen });
    },
  },
});

module.exports = { ...bundle, nodeExposure, captured };
