'use strict';

// A small app on @bluelibs/runner 6: tasks and an event on a lane, exposed by rpcLanesResource, and an error that has a
// status. It uses the project's stand-in for the runner, so that nothing is to be installed; RUNNER names the real
// one.
//   node examples/runner-app/app.js            starts the front and listens on PORT, or 7071

const { serve } = require('../../node-shim');
const runner = require(process.env.RUNNER || '../../Tests/support/runner-6');

const { r, run, tags, rpcLanesResource } = runner;

const orders = new Map();
const sent = [];

const lane = r.rpcLane('main').build();
const onLane = tags.rpcLane.with({ lane });
const noSuchOrder = r.error('noSuchOrder').httpCode(404).format(({ id }) => `there is no order ${id}`).build();

const add = r.task('add').tags([onLane]).run(async ({ a, b }) => a + b).build();
const echo = r.task('echo').tags([onLane]).run(async (input) => input).build();

const createOrder = r.task('createOrder').tags([onLane]).run(async ({ customer, items }) => {
  if (!Array.isArray(items) || items.length === 0) throw new Error('an order needs at least one item');
  const total = items.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
  const order = { id: `order-${orders.size + 1}`, customer, items, total };
  orders.set(order.id, order);
  return order;
}).build();

const getOrder = r.task('getOrder').tags([onLane]).run(async ({ id }) => {
  const order = orders.get(id);
  if (order === undefined) noSuchOrder.throw({ id });
  return order;
}).build();

const notify = r.event('notify').tags([onLane]).build();
const onNotify = r.hook('onNotify').on(notify).run(async ({ data }) => { sent.push(data); }).build();
const notifications = r.task('notifications').tags([onLane]).run(async () => sent.slice(-10)).build();

const communicator = r.resource('communicator').init(async () => ({ task: async () => {}, event: async () => {} }))
  .build();
const topology = r.rpcLane.topology({
  profiles: { server: { serve: [lane] } }, bindings: [{ lane, communicator }],
});
// Nothing is open by itself. This is: it listens on this machine only.
const http = { auth: { allowAnonymous: true } };
const lanes = rpcLanesResource.with({ profile: 'server', mode: 'network', topology, exposure: { http } });

const app = r.resource('app').register([
  noSuchOrder, add, echo, createOrder, getOrder, notify, onNotify, notifications, communicator, lanes,
]).build();

async function main() {
  const runtime = await run(app);
  const service = await serve(runtime, { port: Number(process.env.PORT || 7071), runner });
  const { address, port } = /** @type {import('../../node-shim').Address} */ (service.address);
  const base = `http://${address}:${port}/__runner`;
  console.log(`serving ${lanes.id} on ${base}; try:`);
  console.log(`  curl -d '{"input":{"a":5,"b":3}}' ${base}/task/app.tasks.add`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => service.close());
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
