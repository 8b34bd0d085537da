'use strict';

/** Requests and calls over a front for tests whose answers are streams, taken together as they come. */

const { TunnelServer } = require('../..');
const { TestFront, TYPE, frame, callsFrame, defaultHead, peerBlock } = require('./test-front');

/** The flags of RESPONSE_END. */
const KEEP_ALIVE = 1;
const ABORT = 2;

/** A server that `setUp` gave its tasks, linked to a front for tests; both end with the test. */
async function serving(t, setUp, options = {}, frontOptions = {}) {
  const front = await TestFront.start(frontOptions);
  const server = new TunnelServer({ socket: front.socket, ...options });
  setUp(server);
  await server.listen();
  t.after(async () => {
    await server.close({ deadlineMilliseconds: 50 });
    await front.close();
  });
  return { front, peer: front.peer };
}

/** The response of one call as it comes, credited at once unless `credit` is false. */
function responseOf(peer, call, { credit = true } = {}) {
  const response = { bytes: Buffer.alloc(0), flags: null, result: null, credits: 0 };
  response.over = new Promise((resolve) => {
    const take = (received) => {
      if (received.call !== call) return;
      if (received.type === TYPE.CREDIT) response.credits += received.field;
      if (received.type === TYPE.RESPONSE_DATA) {
        response.bytes = Buffer.concat([response.bytes, received.payload]);
        if (credit) peer.send(frame(TYPE.CREDIT, { call, field: received.payload.length }));
      }
      if (received.type === TYPE.RESULT) response.result = received;
      if (received.type === TYPE.RESPONSE_END) response.flags = received.flags;
      if (received.type !== TYPE.RESULT && received.type !== TYPE.RESPONSE_END) return;
      peer.off('frame', take);
      resolve(response);
    };
    peer.on('frame', take);
  });
  return response;
}

/** Calls a task. */
function callTask(front, id, text = '1', extra = '', options) {
  const { peer } = front;
  const call = front.nextCall();
  const response = responseOf(peer, call, options);
  const head = defaultHead(id, 'task', `Content-Length: ${Buffer.byteLength(text)}\r\n${extra}`);
  const target = peer.target('task', id);
  const { http10 = false } = options || {};
  peer.send(callsFrame([{ call, target, text, http10, head: peer.hello.targets[target].head ? head : undefined }]));
  return Object.assign(response, { call });
}

/** Sends a request that is no call. */
function request(front, head, parts = [], options) {
  const { peer } = front;
  const call = front.nextCall();
  const response = responseOf(peer, call, options);
  peer.send(
    frame(TYPE.REQUEST, {
      call,
      flags: parts.length > 0 ? 1 : 0,
      payload: Buffer.concat([peerBlock(options && options.peer), Buffer.from(head, 'latin1')]),
    }),
    ...parts.map((payload) => frame(TYPE.REQUEST_DATA, { call, payload })),
    frame(TYPE.REQUEST_END, { call }),
  );
  return Object.assign(response, { call });
}

const text = (response) => response.bytes.toString();

module.exports = { KEEP_ALIVE, ABORT, serving, responseOf, callTask, request, text };
