'use strict';

const { PassThrough, Readable, Transform } = require('node:stream');
const { finished } = require('node:stream/promises');
const { tenantContext, userContext, useExposureContext, hasExposureContext } = require('./contexts.js');
const { quotaError, dateError, unregisteredError, cancellationError } = require('./errors.js');
const { takeSeen } = require('./events.js');

/**
 * The tasks of the app that the recording was made with, as plain functions.
 * @type {Record<string, (input: any) => any>}
 */
const TASKS = {
  // results
  'app.tasks.add': async (input) => input.a + input.b,
  'app.tasks.echo': async (input) => input,
  'app.tasks.typeof': async (input) => ({
    type: input === null ? 'null' : Array.isArray(input) ? 'array' : typeof input,
    ctor: input && typeof input === 'object' ? input.constructor && input.constructor.name : undefined,
    keys: input && typeof input === 'object' ? Object.keys(input) : undefined,
    negZero: Object.is(input, -0) || undefined,
  }),
  'app.tasks.len': async (input) => (typeof input === 'string' ? input.length : JSON.stringify(input ?? null).length),
  'app.tasks.void': async () => undefined,
  'app.tasks.null': async () => null,
  'app.tasks.zero': async () => 0,
  'app.tasks.emptyString': async () => '',
  'app.tasks.false': async () => false,
  'app.tasks.date': async (input) => ({
    now: new Date(1700000000000),
    echoed: input,
    isDate: input instanceof Date || (input && input.d instanceof Date) || false,
  }),
  'app.tasks.toJSON': async () => ({ x: { toJSON() { return 'custom'; } }, url: new URL('http://a/b') }),
  'app.tasks.circular': async () => { const loop = {}; loop.self = loop; return loop; },
  'app.tasks.bigint': async () => 10n,
  'app.tasks.symbol': async () => Symbol('x'),
  'app.tasks.function': async () => () => 1,
  'app.tasks.nanTop': async () => NaN,
  'app.tasks.dateTop': async () => new Date(5),
  'app.tasks.bufferTop': async () => Buffer.from('raw'),
  'app.tasks.lone': async () => 'lone \ud800 surrogate \udc00 ok \u{1F600} \u2028 \u007f \u0001',
  'app.tasks.proto': async () => JSON.parse('{"__proto__":{"a":1},"b":2}'),
  'app.tasks.withMiddleware': async (input) => ({ stamped: true, inner: { got: input } }),
  'app/tasks/slash': async () => 'slash id',
  'app.tasks.ünïcode☃': async () => 'unicode id',
  'app.tasks.with space': async () => 'space id',
  'app.tasks.100%': async () => 'percent id',
  'app.tasks.hidden': async () => 'you should not see this',
  'app.tasks.seen': async () => takeSeen(),

  // errors
  'app.tasks.fail': async (input) => { throw new Error((input && input.message) || 'boom from task'); },
  'app.tasks.failTypeError': async () => null.x,
  'app.tasks.failEmpty': async () => { throw new Error(''); },
  'app.tasks.failString': async () => { throw 'just a string'; },
  'app.tasks.failObject': async () => { throw { message: 'plain object', code: 'X' }; },
  'app.tasks.failUndefined': async () => { throw undefined; },
  'app.tasks.failUnicode': async () => { throw new Error('naïve ☃ \u{1F600} "quoted" \\ \n\t\u2028'); },
  'app.tasks.failCode': async () => {
    throw Object.assign(new Error('has code'), { code: 'E_CUSTOM', data: { a: 1 }, id: 'x' });
  },
  'app.tasks.appError': async (input) => quotaError.throw({ used: 10, limit: 5, ...(input || {}) }),
  'app.tasks.appErrorDate': async () => dateError.throw({ at: new Date(0), message: 'shadow', code: 'C' }),
  'app.tasks.unregisteredError': async () => unregisteredError.throw({ x: 1 }),
  'app.tasks.cancel': async () => cancellationError.throw({ reason: 'task gave up' }),
  'app.tasks.validated': async (input) => {
    if (!input || typeof input.n !== 'number') {
      throw new Error('Task input validation failed for app.tasks.validated: n must be a number');
    }
    return { got: { n: input.n + 1 } };
  },
  'app.tasks.badResult': async () => {
    throw new Error('Task result validation failed for app.tasks.badResult: result rejected');
  },

  // contexts and cancellation
  'app.tasks.slow': async (input) => {
    const milliseconds = (input && input.ms) || 50;
    const { signal } = useExposureContext();
    await new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
    });
    return { waited: milliseconds };
  },
  'app.tasks.ctx': async () => {
    const context = useExposureContext();
    return {
      has: hasExposureContext(), method: context.method, basePath: context.basePath, pathname: context.url.pathname,
      search: context.url.search, href: context.url.href, reqUrl: context.req.url, httpVersion: context.req.httpVersion,
      aborted: context.signal.aborted,
      headers: Object.fromEntries(Object.entries(context.headers).filter(([name]) => (
        /^(x-|content-type|host$|origin|accept|cookie|set-cookie)/.test(name)
      ))),
    };
  },
  'app.tasks.rawHeaders': async () => useExposureContext().req.rawHeaders,
  'app.tasks.asyncContext': async () => {
    const use = (context) => { try { return context.use(); } catch (error) { return `ERR: ${error.message}`; } };
    return { tenant: use(tenantContext), user: use(userContext), exposure: hasExposureContext() };
  },
  'app.tasks.requireContext': async () => tenantContext.use(),

  // streams
  'app.tasks.stream': async (input) => Readable.from(
    ((input && input.parts) || ['hello ', 'streamed ', 'world']).map((part) => Buffer.from(part)),
  ),
  'app.tasks.streamEmpty': async () => Readable.from([]),
  'app.tasks.streamBig': async (input) => {
    let left = (input && input.chunks) || 16;
    return new Readable({ read() { this.push(left-- > 0 ? Buffer.alloc(16384, 0x61) : null); } });
  },
  'app.tasks.streamSlow': async () => {
    const stream = new PassThrough();
    let tick = 0;
    const timer = setInterval(() => {
      stream.write(`tick ${tick}\n`);
      if (++tick === 3) { clearInterval(timer); stream.end(); }
    }, 20);
    return stream;
  },
  'app.tasks.streamError': async () => {
    const stream = new PassThrough();
    stream.on('error', () => {});
    stream.write('partial');
    setTimeout(() => stream.destroy(new Error('mid-stream')), 20);
    return stream;
  },
  'app.tasks.streamWrapped': async (input) => ({
    stream: Readable.from([Buffer.from('a,b\n'), Buffer.from('1,2\n')]), status: (input && input.status) || 206,
    contentType: 'text/csv; charset=utf-8',
    headers: { 'X-Extra': 'yes', 'Cache-Control': 'no-store', ...((input && input.headers) || {}) },
  }),
  'app.tasks.streamWrappedMin': async () => ({ stream: Readable.from([Buffer.from('min')]) }),
  'app.tasks.streamWrappedLen': async () => ({
    stream: Readable.from([Buffer.from('12345')]), headers: { 'content-length': '5', 'content-type': 'text/plain' },
  }),
  'app.tasks.streamFake': async () => ({ stream: 'not a stream', other: 1 }),

  // tasks that use the request and the response themselves
  'app.tasks.octet': async (input) => {
    let bytes = 0;
    for await (const chunk of useExposureContext().req) bytes += chunk.length;
    return { bytes, input: input === undefined ? 'undefined' : input };
  },
  'app.tasks.octetIgnore': async () => 'ignored body',
  'app.tasks.duplex': async () => {
    const { req, res } = useExposureContext();
    req.pipe(res);
    // A body that JSON parsing has already read ends without a byte, and the envelope is the answer.
    if (/octet-stream/i.test(req.headers['content-type'])) await finished(res);
  },
  'app.tasks.duplexUpper': async () => useExposureContext().req.pipe(new Transform({
    transform(chunk, _encoding, done) { done(null, Buffer.from(chunk.toString('latin1').toUpperCase(), 'latin1')); },
  })),
  'app.tasks.resWrite': async () => {
    const { res } = useExposureContext();
    res.writeHead(201, { 'Content-Type': 'text/plain', 'X-Custom': '1' });
    res.end('written by task');
    return { ignored: true };
  },
  'app.tasks.resHeader': async () => {
    const { res } = useExposureContext();
    res.setHeader('X-From-Task', 'yes');
    res.setHeader('Vary', 'Accept');
    res.statusCode = 202;
    return { ok: 1 };
  },
  'app.tasks.resWriteThenThrow': async () => {
    const { res } = useExposureContext();
    res.writeHead(200, { 'Content-Type': 'text/plain' });
    res.write('some');
    throw new Error('after headers');
  },
};

module.exports = { TASKS };
