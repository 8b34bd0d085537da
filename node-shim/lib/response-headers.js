'use strict';

/** The headers that releases from 5.0 on set on every response that is no preflight's. */
function setSecurityHeaders(res) {
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('X-Frame-Options', 'DENY');
}

module.exports = { setSecurityHeaders };
