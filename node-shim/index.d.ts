import type { IncomingMessage, RequestListener, ServerResponse, IncomingHttpHeaders } from 'node:http';

/**
 * What an app gives to its exposure as `http` (nodeExposure up to 5.x, `exposure.http` of rpcLanesResource in 6.x); the
 * very same object may be passed here. What a release does not know, it ignores, and so does this.
 */
export interface HttpOptions {
  /** Where tasks and events are found. Default `/__runner`. */
  basePath?: string;
  /** Where a front that is started by this process listens. */
  listen?: { port: number; host?: string };
  /** Asks callers for a token, in `x-runner-token` unless `header` names another. Any token of a list opens. */
  auth?: {
    token?: string | string[];
    header?: string;
    /** From 5.0 on, an exposure without token and validators is closed. This opens it. */
    allowAnonymous?: boolean;
  };
  cors?: CorsOptions;
  /** From 5.0 on. */
  limits?: {
    /** Default: 2 MiB; a larger JSON body is answered 413. */
    json?: { maxSize?: number };
    /** For the app's own handlers, which read uploads. */
    multipart?: { fileSize?: number; files?: number; fields?: number; fieldSize?: number; [limit: string]: unknown };
  };
  /** From 5.5 on: answers 404 to discovery. */
  disableDiscovery?: boolean;
  /** 5.x: without a tunnel resource, everything registered may be called. */
  dangerouslyAllowOpenExposure?: boolean;
}

/** As nodeExposure takes them. */
export interface CorsOptions {
  /** Default: any origin. A RegExp or a function is asked in this process. */
  origin?: string | string[] | RegExp | ((origin: string | undefined) => string | null | undefined);
  methods?: string[];
  allowedHeaders?: string[];
  exposedHeaders?: string[];
  credentials?: boolean;
  maxAge?: number;
  varyOrigin?: boolean;
}

/** The front listens here, in this process's own front. */
export interface FrontAddress extends Address {
  /** Its admin listener, or null. */
  admin: string | null;
}

/**
 * What happens to a service while it serves. None of them needs a listener: it tries again by itself, for as long as
 * the process lives.
 */
export interface ServiceEvents {
  /** A front has welcomed this process; again after each time it was lost. */
  connect: [{ front: string }];
  /** The last connection to the front was lost; it is tried again. */
  disconnect: [{ reason: string }];
  /**
   * A front refused this process. `isFinal`: something must change first (another user, another version); it is then
   * tried again less often.
   */
  refused: [{ reason: string; isFinal: boolean; retryInMilliseconds: number | null }];
  /** A front started here ended unasked, or could not be started again (`reason`). Code 0: it left in order. */
  frontExit: [{ code: number | null; signal: string | null; reason?: string; retryInMilliseconds: number }];
  /** Another took its place. */
  frontStart: [FrontAddress];
}

/** How to listen to them: as with Node's EventEmitter. */
export interface ServiceEmitter {
  on<Name extends keyof ServiceEvents>(event: Name, listener: (...data: ServiceEvents[Name]) => void): this;
  once<Name extends keyof ServiceEvents>(event: Name, listener: (...data: ServiceEvents[Name]) => void): this;
  off<Name extends keyof ServiceEvents>(event: Name, listener: (...data: ServiceEvents[Name]) => void): this;
}

export interface Serializer {
  parse(text: string): unknown;
  stringify(value: unknown): string;
}

export interface Logger {
  debug?(message: string, data?: object): unknown;
  info(message: string, data?: object): unknown;
  warn(message: string, data?: object): unknown;
  error(message: string, data?: object): unknown;
}

/** What belongs to every way of serving. */
export interface ServiceOptions {
  /** The Unix socket of a front that runs elsewhere. Without it, and without `fd`, the front is started as a child. */
  socket?: string;
  /** A connected descriptor that this process inherited. */
  fd?: number;
  /** With `socket`: whether to wait until the front has welcomed this process. Default true. */
  waitForFront?: boolean;
  /**
   * Where a front that is started here listens. Port 0 takes a free one. Defaults: 7071 (TunnelServer: 7070),
   * 127.0.0.1.
   */
  port?: number;
  host?: string;
  /** The front's binary. Default: RUNNER_SIDECAR_BINARY, the platform's npm package, or the repository's `.build`. */
  binary?: string;
  /** More arguments for the front, as `runner-sidecar serve --help` lists them. */
  frontArguments?: string[];
  /**
   * Where a front that is started here shows health, metrics and its status page: a port of 127.0.0.1 (0: a free one),
   * `host:port`, or `off`, the default.
   */
  admin?: number | string;
  /** Lets another front listen on the same port, for the time of a hand-over. Default: the port is this one's alone. */
  sharePort?: boolean;
  /** How long running calls may take when the app is told to stop. Default 10,000. */
  drainMilliseconds?: number;
  /**
   * Takes every request that is no call (uploads, raw bodies, paths outside the base path). Any `(req, res)`
   * listener.
   */
  requestListener?: RequestListener;
  /**
   * Whether OpenTelemetry, and agents that observe `http.Server`, see calls. Default true: it costs nothing where there
   * are none.
   */
  tracing?: boolean;
  /** Default: the app's own logger when it has one; else warnings and errors go to stderr. */
  logger?: Logger;
}

export interface ServeOptions extends ServiceOptions {
  /** Default: what the app gave to its exposure (nodeExposure, or `exposure.http` of rpcLanesResource). */
  http?: HttpOptions;
  /**
   * Which rpcLanesResource to serve, as its id or the resource, in an app (6.x) where more than one has
   * `exposure.http`.
   */
  exposure?: string | object;
  /**
   * Lets the handlers of the app's own exposure answer every task and event: slower, and right whatever the release.
   * For when an answer differs.
   */
  ownHandlers?: boolean;
  /** The app's own `require('@bluelibs/runner')`, for apps whose bundler hides it. */
  runner?: object;
}

export interface TunnelServerOptions extends ServiceOptions {
  basePath?: string;
  /** Short for `cors.origin`. A list with `*` allows any origin. */
  corsOrigins?: string | string[];
  cors?: CorsOptions;
  auth?: HttpOptions['auth'];
  /** Default: JSON. */
  serializer?: Serializer;
}

/**
 * What a handler with a second parameter gets: nodeExposure's context. Every member is made when it is first touched.
 */
export interface ExposureContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly url: URL;
  readonly basePath: string;
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  /** Aborts when the client went away, the time ran out, or the response is done. */
  readonly signal: AbortSignal;
}

export type TaskHandler<Input = any, Output = unknown> =
  (input: Input, context: ExposureContext) => Output | Promise<Output>;
export type EventHandler<Payload = any> = (payload: Payload, context: ExposureContext) => unknown;

/** What an app says of a task or event. An app on the runner says it with `meta: { safe: true }`. */
export interface Marks {
  /** Running it again changes nothing: `compare --live` may send its calls to a second server. Default false. */
  safe?: boolean;
}

/** Where a front that was started here listens. */
export interface Address {
  address: string;
  port: number;
}

export interface CloseOptions {
  /** How long running calls may take before they are cut off. Default: `drainMilliseconds`, or 10,000. */
  deadlineMilliseconds?: number;
}

/** Functions registered by id, called over HTTP. Wrong options throw a TypeError that says what to write instead. */
export interface TunnelServer extends ServiceEmitter {}
export class TunnelServer {
  constructor(options?: TunnelServerOptions);
  /** May be called while serving, too. */
  registerTask<Input = any, Output = unknown>(id: string, handler: TaskHandler<Input, Output>, marks?: Marks): void;
  registerEvent<Payload = any>(id: string, handler: EventHandler<Payload>, marks?: Marks): void;
  /** Resolves when calls are served. Rejects when the port is taken or the front's binary is missing, and says so. */
  listen(): Promise<void>;
  /** Null before listen(), and with `socket`, where the front knows. */
  address(): Address | null;
  /** Where the status page is, as `host:port`. Null without `admin`, and with `socket`. */
  readonly adminAddress: string | null;
  getTaskIds(): Promise<string[]>;
  getEventIds(): Promise<string[]>;
  /** Takes no new calls, finishes those that run, and stops. */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * An app that is being served. It is closed before the app's resources are disposed, by itself: by the runner's own
 * shutdown hook as by `runtime.dispose()`.
 */
export interface Service extends ServiceEmitter {
  /** Where the front listens, when it was started here. */
  readonly address: Address | null;
  /** Where the status page is, as `host:port`. Null without `admin`, and with `socket`. */
  readonly adminAddress: string | null;
  /** Takes no new calls, finishes those that run, and stops. Asked twice, it closes once. */
  close(options?: CloseOptions): Promise<void>;
}

/** The parts of an app on @bluelibs/runner, for when `run(app)`'s result is not at hand. */
export interface RuntimeParts {
  store: object;
  taskRunner?: object;
  eventManager?: object;
  serializer?: Serializer;
  logger?: Logger;
}

type Handler = TaskHandler | ({ run: TaskHandler } & Marks);
type Handlers = Map<string, Handler> | Record<string, Handler>;

/** Plain functions by id. */
export interface BareStore {
  tasks: Handlers;
  events?: Handlers;
}

/**
 * Serves an existing app: what `run(app)` of @bluelibs/runner 4.8 gives (or a promise of it), its parts, or a bare
 *   store.
 * Rejects with a TypeError that names the remedy when it is given none of these.
 */
export function serve(
  runtime: object | RuntimeParts | BareStore | Promise<object>,
  options?: ServeOptions,
): Promise<Service>;

/**
 * A resource to register, in place of the call of `serve` after `run`: the app is served from its `ready` event on, and
 * its calls end before its resources are disposed. Its value is `{ service }`.
 */
export function sidecarResource(runner: object, options?: ServeOptions): any;
