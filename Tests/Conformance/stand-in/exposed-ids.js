'use strict';

/**
 * What the recorded app's allow-list names, in its order: discovery answers it so, whatever of it the stand-in
 * implements.
 */
const EXPOSED_TASKS = [
  'app.tasks.add', 'app.tasks.echo', 'app.tasks.typeof', 'app.tasks.len', 'app.tasks.void', 'app.tasks.null',
  'app.tasks.zero', 'app.tasks.emptyString', 'app.tasks.false', 'app.tasks.fail', 'app.tasks.failTypeError',
  'app.tasks.failEmpty', 'app.tasks.failString', 'app.tasks.failObject', 'app.tasks.failUndefined',
  'app.tasks.failUnicode', 'app.tasks.failCode', 'app.tasks.appError', 'app.tasks.appErrorDate',
  'app.tasks.unregisteredError', 'app.tasks.cancel', 'app.tasks.validated', 'app.tasks.badResult', 'app.tasks.slow',
  'app.tasks.ctx', 'app.tasks.rawHeaders', 'app.tasks.stream', 'app.tasks.streamEmpty', 'app.tasks.streamBig',
  'app.tasks.streamSlow', 'app.tasks.streamError', 'app.tasks.streamWrapped', 'app.tasks.streamWrappedMin',
  'app.tasks.streamWrappedLen', 'app.tasks.streamFake', 'app.tasks.upload', 'app.tasks.uploadMany',
  'app.tasks.uploadIgnore', 'app.tasks.uploadFail', 'app.tasks.octet', 'app.tasks.octetIgnore', 'app.tasks.duplex',
  'app.tasks.duplexUpper', 'app.tasks.resWrite', 'app.tasks.resHeader', 'app.tasks.resWriteThenThrow',
  'app.tasks.asyncContext', 'app.tasks.requireContext', 'app.tasks.date', 'app.tasks.specials', 'app.tasks.toJSON',
  'app.tasks.circular', 'app.tasks.bigint', 'app.tasks.symbol', 'app.tasks.function', 'app.tasks.nanTop',
  'app.tasks.dateTop', 'app.tasks.bufferTop', 'app.tasks.objectIdLike', 'app.tasks.u12', 'app.tasks.lone',
  'app.tasks.proto', 'app.tasks.withMiddleware', 'app/tasks/slash', 'app.tasks.ünïcode☃', 'app.tasks.with space',
  'app.tasks.100%', 'app.tasks.seen',
];
const EXPOSED_EVENTS = [
  'app.events.notify', 'app.events.failing', 'app.events.failingApp', 'app.events.failingString',
  'app.events.cancelling', 'app.events.silent', 'app.events.checked', 'app.events.ctx',
];

module.exports = { EXPOSED_TASKS, EXPOSED_EVENTS };
