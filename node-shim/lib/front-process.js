'use strict';

class FrontProcess {}

module.exports = { FrontProcess };
