// What this package uses of Node beyond its documented interface, where the documented one costs time on the hot path.
// Each is there in every Node from 18 on; where one could be missing, the code looks first (lib/service.js).

import type { OnReadOpts } from 'node:net';

declare global {
  interface Buffer {
    /** What `toString('latin1', start, end)` calls, without its checks. */
    latin1Slice(start?: number, end?: number): string;
    utf8Slice(start?: number, end?: number): string;
    /** What `write(text, offset, length, 'utf8')` calls. Gives the bytes written. */
    utf8Write(text: string, offset?: number, length?: number): number;
  }
}

declare module 'http' {
  interface IncomingMessage {
    /** Adds a field to `headers` as Node's parser does: joined, first one kept, or as a list, by its name. */
    _addHeaderLine(name: string, value: string, headers: object): void;
  }
}

declare module 'net' {
  interface SocketConstructorOpts {
    /** Documented for `connect` only: reads go into one buffer of ours. */
    onread?: OnReadOpts;
    /** An open handle to take over. */
    handle?: object;
  }
}
