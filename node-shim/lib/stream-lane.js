'use strict';

class StreamLane {
  constructor(link) {
    this.link = link;
  }
}

module.exports = { StreamLane };
