'use strict';

// Tokens are rotated by writing a file and sending SIGHUP: nobody who has a token that counts notices, however much is
// under way, and one that no longer counts is refused from then on.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { callBytes, callOnce } = require('../support/http-request.js');
const { withPair } = require('../support/pair.js');
const { RawConnection } = require('../support/raw-connection.js');
const { temporaryFolder } = require('../support/temporary-folder.js');
const { waitUntil } = require('../support/wait-until.js');
const { metric, reload } = require('./admin-client.js');

const APP = path.join(__dirname, 'app.js');
const withToken = (token) => ({ headers: [['x-runner-token', token]] });
const statusOf = async (front, token) => (await callOnce(front.port, 'add', { a: 1, b: 2 }, withToken(token))).status;

/** A token file in each way there is to write one anew. */
class TokenFile {
  constructor() {
    this.folder = temporaryFolder();
    this.path = path.join(this.folder, 'tokens');
    this.generation = 0;
  }

  /** Over what is there, as an editor does. */
  inPlace(tokens) {
    fs.writeFileSync(this.path, `${tokens.join('\n')}\n`);
  }

  /** A new file under the old name. */
  renamed(tokens) {
    const next = `${this.path}.next`;
    fs.writeFileSync(next, tokens.join('\n'));
    fs.renameSync(next, this.path);
  }

  /** A link to a file in a new folder, as Kubernetes updates a mounted Secret. */
  relinked(tokens) {
    this.generation += 1;
    const folder = path.join(this.folder, `..${this.generation}`);
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, 'tokens'), tokens.join('\r\n'));
    fs.symlinkSync(path.join(folder, 'tokens'), `${this.path}.next`);
    fs.renameSync(`${this.path}.next`, this.path);
  }
}

/** Clients that call one after another on a connection each, with whatever token `token()` gives at the time. */
class Clients {
  constructor(port, count, token) {
    this.isLoaded = true;
    this.answered = 0;
    /** What each lane's call under way was sent with. */
    this.tokens = Array(count).fill('');
    this.lanes = Array.from({ length: count }, (_, lane) => this.lane(port, lane, token));
  }

  async lane(port, lane, token) {
    const connection = await RawConnection.open({ port });
    for (let i = 0; this.isLoaded; i += 1) {
      const sent = token();
      this.tokens[lane] = sent;
      // Every fourth call is still with its task when the token it came with is taken away.
      connection.send(callBytes(i % 4 === 0 ? 'wait' : 'echo', { lane, i, ms: 20 }, withToken(sent)));
      const answer = await connection.answer();
      assert.equal(answer?.status, 200, `lane ${lane}, call ${i} with ${sent}`);
      this.answered += 1;
    }
    assert.equal(connection.ended, false, 'the connection it began with is the one it ends with');
    connection.destroy();
  }

  async finish() {
    this.isLoaded = false;
    await Promise.all(this.lanes);
  }
}

test('rotated again and again under load, several tokens at once: no call is refused, old tokens are', {
  timeout: 60_000,
}, async (t) => {
  const file = new TokenFile();
  file.inPlace(['staying', 'secret-0']);
  const frontOptions = ['--token-file', file.path, '--token', 'from-the-flag', '--loops', '2'];
  await withPair({ app: APP, frontOptions }, async ({ front }) => {
    const { pid } = front;
    let current = 'secret-0';
    const staying = new Clients(front.port, 3, () => 'staying');
    const moving = new Clients(front.port, 5, () => current);
    const ways = [file.inPlace, file.renamed, file.relinked];
    for (let round = 1; round <= 9; round += 1) {
      const [old, next] = [current, `secret-${round}`];
      const write = ways[round % ways.length].bind(file);
      assert.equal(await statusOf(front, next), 401, 'not before it is in the file');
      write(['staying', old, next]);
      assert.match(await reload(front), /changed=token-file .*tokens=4/);
      for (const token of [old, next, 'staying', 'from-the-flag']) {
        assert.equal(await statusOf(front, token), 200, token);
      }
      current = next;
      await waitUntil('every client has moved on', () => moving.tokens.every((token) => token === next));
      write(['staying', next]);
      await reload(front);
      assert.equal(await statusOf(front, old), 401, 'not any more');
    }
    await Promise.all([staying.finish(), moving.finish()]);
    t.diagnostic(`${staying.answered + moving.answered} calls through 18 reloads, on 8 connections`);
    const refused = metric(await front.metrics(), 'runner_sidecar_failures_total', { reason: 'unauthorized' });
    assert.equal(refused, 18, 'only those of this test');
    assert.equal(front.pid, pid);
    assert.ok(!/secret-|staying|from-the-flag/.test(front.child.stderr), 'no token is logged');
  });
});

test('a connection that sends the very same request again and again is refused once its token is gone, and not cut', {
  timeout: 30_000,
}, async () => {
  const file = new TokenFile();
  file.inPlace(['old', 'new']);
  await withPair({ app: APP, frontOptions: ['--token-file', file.path, '--loops', '1'] }, async ({ front }) => {
    const connection = await RawConnection.open({ port: front.port });
    const statuses = async () => {
      const seen = [];
      for (let i = 0; i < 20; i += 1) {
        connection.send(callBytes('add', { a: 1, b: 2 }, withToken('old')));
        seen.push((await connection.answer())?.status);
      }
      return [...new Set(seen)];
    };
    assert.deepEqual(await statuses(), [200]);
    for (let round = 0; round < 3; round += 1) {
      file.inPlace(['new']);
      await reload(front);
      assert.deepEqual(await statuses(), [401]);
      file.inPlace(['old', 'new']);
      await reload(front);
      assert.deepEqual(await statuses(), [200]);
    }
    connection.destroy();
  });
});

test('a token file that is empty, broken or gone leaves the tokens as they are: it never opens the door', {
  timeout: 30_000,
}, async () => {
  const file = new TokenFile();
  file.inPlace(['good']);
  await withPair({ app: APP, frontOptions: ['--token-file', file.path] }, async ({ front }) => {
    for (const [breakIt, reason] of [
      [() => file.inPlace([]), /holds no token/],
      [() => file.inPlace(['one', 'b\u{7}d']), /token 2 is not visible ASCII/],
      [() => fs.rmSync(file.path), /no such file/],
    ]) {
      breakIt();
      assert.match(await reload(front), reason);
      assert.deepEqual(await Promise.all(['good', 'one', ''].map((token) => statusOf(front, token))), [200, 401, 401]);
    }
    file.inPlace(['better']);
    await reload(front);
    assert.deepEqual(await Promise.all(['good', 'better'].map((token) => statusOf(front, token))), [401, 200]);
  });
});
