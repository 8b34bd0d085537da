'use strict';

const { EventEmitter } = require('node:events');
const { checkOptions } = require('./options');
const { createPlainApp, addHandler } = require('./plain-app');
const { Service } = require('./service');

/** What happens to the service is told to the server's listeners as well. */
const EVENTS = ['connect', 'disconnect', 'refused', 'frontExit', 'frontStart'];

/**
 * The server that migrating apps know: functions registered by id, called over HTTP. See index.d.ts.
 */
class TunnelServer extends EventEmitter {
  #app;
  #options;
  #service = null;

  /** @param {import('..').TunnelServerOptions} [options] */
  constructor(options = {}) {
    checkOptions('TunnelServer', options);
    super();
    this.#options = { port: 7070, host: '127.0.0.1', ...options };
    this.#app = createPlainApp({
      http: { basePath: options.basePath, auth: options.auth, cors: corsOf(options) },
      serializer: options.serializer,
      logger: options.logger,
      requestListener: options.requestListener,
    });
  }

  registerTask(id, handler, marks) {
    this.#add('task', id, handler, marks);
  }

  registerEvent(id, handler, marks) {
    this.#add('event', id, handler, marks);
  }

  #add(kind, id, handler, marks) {
    addHandler(this.#app, kind, id, handler, marks);
    if (this.#service !== null) this.#service.announce();
  }

  /** Starts serving. Rejects when the port is taken, the front's binary is missing, or it does not start. */
  async listen() {
    if (this.#service !== null) throw new Error('runner-sidecar: listen() was called before; close() first');
    const service = new Service(this.#app, this.#options);
    this.#service = service;
    for (const event of EVENTS) service.on(event, (data) => this.emit(event, data));
    try {
      await service.start();
    } catch (error) {
      this.#service = null;
      await service.close({ deadlineMilliseconds: 0 });
      throw error;
    }
  }

  /** Where it listens, once it does: `{ address, port }`; null with `socket`, where the front knows. */
  address() {
    return this.#service === null ? null : this.#service.address;
  }

  /** Where the admin listener and the status page are; null without `admin`, and with `socket`. */
  get adminAddress() {
    return this.#service === null ? null : this.#service.adminAddress;
  }

  async getTaskIds() {
    return this.#app.table.callableIds('task');
  }

  async getEventIds() {
    return this.#app.table.callableIds('event');
  }

  /** Finishes what runs, and stops. */
  async close(options) {
    const service = this.#service;
    this.#service = null;
    if (service !== null) await service.close(options);
  }
}

/**
 * `corsOrigins` is the short form of `cors.origin`; a list with `*` in it allows any.
 * @param {import('..').TunnelServerOptions} options
 */
function corsOf({ cors, corsOrigins }) {
  if (corsOrigins === undefined || corsOrigins === null) return cors;
  if (Array.isArray(corsOrigins) && corsOrigins.includes('*')) return cors;
  return { ...cors, origin: corsOrigins };
}

module.exports = { TunnelServer };
