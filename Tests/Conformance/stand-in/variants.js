'use strict';

/**
 * The configurations that the recording was made with, under its names: what the app passes to `nodeExposure` as
 * `http`, and which of the app's tunnels is registered (`server` unless said otherwise).
 * @type {Record<string, { http: object, tunnel?: 'server' | 'small' | 'clientOnly' | 'otherTransport' | null }>}
 */
const VARIANTS = {
  default: { http: {} },
  small: { http: {}, tunnel: 'small' },
  noTunnel: { http: {}, tunnel: null },
  clientTunnel: { http: {}, tunnel: 'clientOnly' },
  wsTunnel: { http: {}, tunnel: 'otherTransport' },
  auth: { http: { auth: { token: 's3cret' } } },
  authHeader: { http: { auth: { token: 's3cret', header: 'Authorization' } } },
  authCustom: { http: { auth: { token: 's3cret', header: 'X-API-Key' } } },
  authCookie: { http: { auth: { token: 's3cret', header: 'set-cookie' } } },
  authUnicode: { http: { auth: { token: 'tökén' } } },
  authEmpty: { http: { auth: { token: '' } } },
  authCors: { http: { auth: { token: 's3cret' }, cors: { origin: ['https://app.example.com'], credentials: true } } },
  corsEmpty: cors({}),
  corsString: cors({ origin: 'https://app.example.com' }),
  corsStar: cors({ origin: '*' }),
  corsEmptyString: cors({ origin: '' }),
  corsList: cors({ origin: ['https://app.example.com', 'https://b.example.com'] }),
  corsEmptyList: cors({ origin: [] }),
  corsRegexp: cors({ origin: /\.example\.com$/ }),
  corsRegexpG: cors({ origin: /\.example\.com$/g }),
  corsFunction: cors({
    origin: (origin) => (origin && origin.endsWith('.example.com') ? 'https://fn.example.com' : null),
  }),
  corsFunctionThrows: cors({ origin: () => { throw new Error('origin fn failed'); } }),
  corsBadSpec: cors({ origin: 42 }),
  corsCredentials: cors({ credentials: true }),
  corsStringCred: cors({ origin: 'https://app.example.com', credentials: true }),
  corsListCred: cors({ origin: ['https://app.example.com'], credentials: true }),
  corsMaxAge: cors({ maxAge: 600 }),
  corsMaxAgeZero: cors({ maxAge: 0 }),
  corsMethods: cors({ methods: ['GET', 'POST'] }),
  corsHeaders: cors({ allowedHeaders: ['x-runner-token', 'content-type'] }),
  corsExposed: cors({ exposedHeaders: ['X-Extra', 'content-type'] }),
  corsNoVary: cors({ origin: ['https://app.example.com'], varyOrigin: false }),
  corsFull: cors({
    origin: ['https://app.example.com'], credentials: true, methods: ['POST'],
    allowedHeaders: ['x-runner-token', 'content-type'], exposedHeaders: ['content-type'], maxAge: 600,
  }),
  basePathApi: { http: { basePath: 'api/' } },
  basePathRoot: { http: { basePath: '/' } },
  basePathEmpty: { http: { basePath: '' } },
  basePathDeep: { http: { basePath: '/a/b/c' } },
};

function cors(config) {
  return { http: { cors: config } };
}

module.exports = { VARIANTS };
