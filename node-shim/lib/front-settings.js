'use strict';

const { timingSafeEqual, createHash } = require('node:crypto');
const { resolveBasePath } = require('./http-options');
const { PEER_BYTES } = require('./protocol');

/**
 * One set of rules for both lanes. The front decides calls by itself; uploads, raw bodies and whatever else is the
 * app's to answer reach its own handlers, which know the app's configuration only. What the front was told to do
 * otherwise (its options, or SETTINGS' members) and what `serve` was given beside that configuration is decided here,
 * and then said in the words that the app's handlers expect: their base path, their token.
 *
 * @typedef {{ basePath?: string | null, corsOrigins?: string[] | null, tokens?: string[] | null,
 *   tokenHeader?: string | null }} Overrides SETTINGS' payload; null: as the app has it
 * @typedef {{ status: number, message: string, code: string }} Refusal
 */
class FrontSettings {
  /** @param {import('./app').App} app @param {Overrides} [overrides] */
  constructor(app, overrides = {}) {
    const own = app.ownHttp || app.http;
    const { basePath, corsOrigins } = overrides;
    this.basePath = isGiven(basePath) ? resolveBasePath(basePath) : app.basePath;
    this.ownBasePath = resolveBasePath(own.basePath);
    this.auth = authOf(app.exposure.auth, overrides);
    this.ownAuth = ownAuthOf(own.auth);
    /** The app's `http.cors` as it is in force. */
    this.cors = isGiven(corsOrigins) ? { ...app.http.cors, origin: originOf(corsOrigins) } : app.http.cors;
    this.rewritesCors = isGiven(corsOrigins);
    this.movesPath = this.basePath !== this.ownBasePath;
    this.translatesToken = this.auth.kind === 'tokens' && !isSameAuth(this.auth, this.ownAuth);
    this.isPlain = !this.rewritesCors && !this.movesPath && !this.translatesToken;
  }

  /**
   * @param {string} head the peer block and the request head, latin1
   * @returns {{ head: string, refusal: Refusal | null, isExposure: boolean }} as the app's handlers are to get it
   */
  translate(head) {
    const lineEnd = head.indexOf('\r\n', PEER_BYTES);
    const [method, target, version] = head.slice(PEER_BYTES, lineEnd).split(' ');
    const url = urlOf(target);
    if (url === null) return { head, refusal: null, isExposure: false };
    const rest = under(this.basePath, url.pathname);
    if (rest === null) {
      // What the app calls its base path is none while the front has another.
      const isHidden = this.movesPath && under(this.ownBasePath, url.pathname) !== null;
      return { head, refusal: isHidden ? NOT_FOUND : null, isExposure: false };
    }
    const line = this.movesPath ? `${method} ${this.ownBasePath}${rest}${url.search} ${version}` : null;
    let fields = head.slice(lineEnd + 2);
    if (this.translatesToken && method !== 'OPTIONS') {
      const { header, tokens } = /** @type {{ header: string, tokens: string[] }} */ (this.auth);
      if (!tokens.some((token) => equals(valueOf(fields, header), token))) {
        return { head, refusal: UNAUTHORIZED, isExposure: true };
      }
      fields = this.withOwnToken(fields, header);
    }
    return {
      head: `${head.slice(0, PEER_BYTES)}${line === null ? head.slice(PEER_BYTES, lineEnd) : line}\r\n${fields}`,
      refusal: null,
      isExposure: true,
    };
  }

  /** The token that was accepted is not the one that the app's handlers know. */
  withOwnToken(fields, header) {
    if (this.ownAuth === null) return fields;
    const bare = without(without(fields, header), this.ownAuth.header);
    return `${this.ownAuth.header}: ${this.ownAuth.token}\r\n${bare}`;
  }
}

/** @type {Refusal} */
const UNAUTHORIZED = { status: 401, message: 'Unauthorized', code: 'UNAUTHORIZED' };
/** @type {Refusal} */
const NOT_FOUND = { status: 404, message: 'Not Found', code: 'NOT_FOUND' };

const isGiven = (value) => value !== undefined && value !== null;

/**
 * What the front asks for: the app's, with what its options say in place.
 * @param {any} auth @param {Overrides} overrides
 */
function authOf(auth, overrides) {
  const { tokens, tokenHeader } = overrides;
  const isOverridden = isGiven(tokens) && tokens.length > 0;
  if (isOverridden) {
    return { kind: 'tokens', header: (tokenHeader || auth.header || 'x-runner-token').toLowerCase(), tokens };
  }
  return isGiven(tokenHeader) && auth.header !== undefined ? { ...auth, header: tokenHeader.toLowerCase() } : auth;
}

/**
 * What the app's own handlers ask for; one token of a list is enough.
 * @returns {{ header: string, token: string } | null}
 */
function ownAuthOf(auth) {
  const [token] = [auth ? auth.token : undefined].flat().filter((one) => typeof one === 'string' && one !== '');
  if (token === undefined) return null;
  return { header: String(auth.header || 'x-runner-token').toLowerCase(), token };
}

function isSameAuth({ header, tokens }, own) {
  return own !== null && own.header === header && tokens.length === 1 && tokens[0] === own.token;
}

function originOf(origins) {
  return origins.includes('*') ? undefined : origins;
}

function urlOf(target) {
  try {
    return new URL(target, 'http://localhost');
  } catch {
    return null;
  }
}

/** @returns {string | null} what follows the base path, '' or from a slash on */
function under(basePath, path) {
  if (path === basePath) return '';
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : null;
}

/** Repeated fields are joined as Node joins them. @param {string} fields @param {string} name in lower case */
function valueOf(fields, name) {
  const values = fields.split('\r\n').filter((line) => isField(line, name));
  const texts = values.map((line) => line.slice(name.length + 1).trim());
  return name === 'authorization' ? texts[0] || '' : texts.join(', ');
}

function without(fields, name) {
  return fields.split('\r\n').filter((line) => !isField(line, name)).join('\r\n');
}

function isField(line, name) {
  return line.length > name.length && line[name.length] === ':' && line.slice(0, name.length).toLowerCase() === name;
}

/** In a time that does not depend on where they differ. */
function equals(one, other) {
  const digest = (text) => createHash('sha256').update(text, 'latin1').digest();
  return timingSafeEqual(digest(one), digest(Buffer.from(other, 'utf8').toString('latin1')));
}

module.exports = { FrontSettings };
