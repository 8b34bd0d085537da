'use strict';

/**
 * The same tasks and events, exposed as each family exposes them.
 *
 * @param {any} runner
 * @param {(tag: object | null) => { tasks: any[], events: any[], others: any[] }} definitions
 * @param {object} http the exposure's options
 * @param {{ tunnel: string, tenant: object }} choices
 */
function exposed({ r, tags, globals, nodeExposure, rpcLanesResource }, definitions, http, { tunnel, tenant }) {
  if (rpcLanesResource === undefined) {
    const { tasks, events, others } = definitions(null);
    const value = {
      list: { tasks: tasks.map(({ id }) => id), events },
      predicate: { tasks: ({ id }) => /\.(add|echo)$/.test(id), events: ({ id }) => id === 'app.events.notify' },
    }[tunnel];
    const tunnels = value === undefined ? [] : [
      r.resource('app.tunnel').tags([globals.tags.tunnel])
        .init(async () => ({ mode: 'server', transport: 'http', ...value })).build(),
    ];
    const exposure = nodeExposure.with({ http });
    return r.resource('app').register([...tasks, ...events, ...others, ...tunnels, exposure]).build();
  }
  const lane = r.rpcLane('main').asyncContexts([tenant]).build();
  const { tasks, events, others } = definitions(tags.rpcLane.with({ lane }));
  const communicator = r.resource('communicator').init(async () => ({ task: async () => {}, event: async () => {} }))
    .build();
  const topology = r.rpcLane.topology({
    profiles: { server: { serve: [lane] } }, bindings: [{ lane, communicator }],
  });
  const lanes = rpcLanesResource.with({ profile: 'server', mode: 'network', topology, exposure: { http } });
  return r.resource('app').register([...tasks, ...events, ...others, communicator, lanes]).build();
}

module.exports = { exposed };
