'use strict';

module.exports = { respondOnCall() {} };
