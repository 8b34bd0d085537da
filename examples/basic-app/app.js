'use strict';

// A small app, as it could stand in any service: tasks, a wrapper around all of them, events, and an error.
// Run by itself it starts the front and listens:            node examples/basic-app/app.js
// With a front that runs elsewhere (the shim loads this):   runner-sidecar-shim examples/basic-app/app.js --socket PATH

const { TunnelServer } = require('../../node-shim');

const orders = new Map();
const sent = [];

const tasks = {
  'app.tasks.add': ({ a, b }) => a + b,

  'app.tasks.echo': (input) => input,

  'app.tasks.orders.create': async ({ customer, items }) => {
    if (!Array.isArray(items) || items.length === 0) throw new Error('an order needs at least one item');
    const order = { id: `order-${orders.size + 1}`, customer, items, total: items.reduce(
      (sum, item) => sum + item.price * item.quantity, 0,
    ) };
    orders.set(order.id, order);
    return order;
  },

  'app.tasks.orders.get': async ({ id }) => {
    const order = orders.get(id);
    if (order === undefined) throw new Error(`there is no order ${id}`);
    return order;
  },

  'app.tasks.fail': async () => {
    throw new Error('this task always fails');
  },

  // A second parameter brings the request: headers, url, and a signal that aborts when the client goes away.
  'app.tasks.wait': async ({ milliseconds }, { signal }) => {
    await require('node:timers/promises').setTimeout(milliseconds, undefined, { signal });
    return { waited: milliseconds };
  },

  'app.tasks.notifications': () => sent.slice(-10),
};

const events = {
  'app.events.notify': async (payload) => {
    sent.push(payload);
  },
};

/** What middleware does: wraps every task, here to warn of slow ones. */
function timed(id, handler) {
  const measure = async (input, context) => {
    const start = performance.now();
    try {
      return await handler(input, context);
    } finally {
      const milliseconds = performance.now() - start;
      if (milliseconds > 1000) console.warn(`${id} took ${milliseconds.toFixed(0)} ms`);
    }
  };
  return handler.length >= 2 ? measure : (input) => measure(input);
}

/** The same app as a store, which is what the shim loads. */
const store = {
  tasks: new Map(Object.entries(tasks).map(([id, handler]) => [id, { run: timed(id, handler) }])),
  events: new Map(Object.entries(events).map(([id, handler]) => [id, { run: handler }])),
};

async function main() {
  // The status page, on any free port.
  const server = new TunnelServer({ port: Number(process.env.PORT || 7071), admin: 0 });
  for (const [id, { run }] of store.tasks) server.registerTask(id, run);
  for (const [id, { run }] of store.events) server.registerEvent(id, run);
  await server.listen();
  const { address, port } = server.address();
  console.log(`serving ${(await server.getTaskIds()).length} tasks on http://${address}:${port}/__runner; try:`);
  console.log(`  curl -d '{"input":{"a":5,"b":3}}' http://${address}:${port}/__runner/task/app.tasks.add`);
  console.log(`and look at http://${server.adminAddress}/`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close());
}

module.exports = store;

if (require.main === module) {
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
