/// The ids that the apps register from which the recordings were made (`reference-app.js` and its like, beside them).
enum ReferenceApp {
    static let tasks48 = [
        "app.middleware.stamp", "app.tasks.add", "app.tasks.echo", "app.tasks.typeof", "app.tasks.len",
        "app.tasks.void", "app.tasks.null", "app.tasks.zero", "app.tasks.emptyString", "app.tasks.false",
        "app.tasks.fail", "app.tasks.failTypeError", "app.tasks.failEmpty", "app.tasks.failString",
        "app.tasks.failObject", "app.tasks.failUndefined", "app.tasks.failUnicode", "app.tasks.failCode",
        "app.tasks.appError", "app.tasks.appErrorDate", "app.tasks.unregisteredError", "app.tasks.cancel",
        "app.tasks.validated", "app.tasks.badResult", "app.tasks.slow", "app.tasks.ctx", "app.tasks.rawHeaders",
        "app.tasks.stream", "app.tasks.streamEmpty", "app.tasks.streamBig", "app.tasks.streamSlow",
        "app.tasks.streamError", "app.tasks.streamWrapped", "app.tasks.streamWrappedMin",
        "app.tasks.streamWrappedLen", "app.tasks.streamFake", "app.tasks.upload", "app.tasks.uploadMany",
        "app.tasks.uploadIgnore", "app.tasks.uploadFail", "app.tasks.octet", "app.tasks.octetIgnore",
        "app.tasks.duplex", "app.tasks.duplexUpper", "app.tasks.resWrite", "app.tasks.resHeader",
        "app.tasks.resWriteThenThrow", "app.tasks.asyncContext", "app.tasks.requireContext", "app.tasks.date",
        "app.tasks.specials", "app.tasks.toJSON", "app.tasks.circular", "app.tasks.bigint", "app.tasks.symbol",
        "app.tasks.function", "app.tasks.nanTop", "app.tasks.dateTop", "app.tasks.bufferTop",
        "app.tasks.objectIdLike", "app.tasks.u12", "app.tasks.lone", "app.tasks.proto", "app.tasks.withMiddleware",
        "app/tasks/slash", "app.tasks.ünïcode☃", "app.tasks.with space", "app.tasks.100%", "app.tasks.hidden",
        "app.tasks.seen",
    ]
    static let events48 = [
        "app.events.notify", "app.events.failing", "app.events.failingApp", "app.events.failingString",
        "app.events.cancelling", "app.events.silent", "app.events.checked", "app.events.ctx", "app.events.hidden",
    ]
    static let tasks55 = [
        "app.tasks.add", "app.tasks.echo", "app.tasks.typeof", "app.tasks.len", "app.tasks.void", "app.tasks.null",
        "app.tasks.zero", "app.tasks.emptyString", "app.tasks.false", "app.tasks.slow", "app.tasks.fail",
        "app.tasks.failEmpty", "app.tasks.failString", "app.tasks.failUndefined", "app.tasks.failCode",
        "app.tasks.failForged", "app.tasks.quota", "app.tasks.missing", "app.tasks.shadow", "app.tasks.unregistered",
        "app.tasks.cancel", "app.tasks.validated", "app.tasks.requireContext", "app.tasks.ctx",
        "app.tasks.asyncContext", "app.tasks.stream", "app.tasks.streamEmpty", "app.tasks.streamSlow",
        "app.tasks.streamWrapped", "app.tasks.streamFake", "app.tasks.upload", "app.tasks.octet",
        "app.tasks.resWrite", "app.tasks.resHeader", "app.tasks.hidden", "app.tasks.bare",
        "app.tasks.asked", "app.tasks.seen", "app.tasks.r.nan", "app.tasks.r.bigint", "app.tasks.r.dateTop",
        "app.tasks.r.badDate", "app.tasks.r.regexp", "app.tasks.r.map", "app.tasks.r.url", "app.tasks.r.symbolFor",
        "app.tasks.r.symbolUnique", "app.tasks.r.fn", "app.tasks.r.buffer", "app.tasks.r.u8",
        "app.tasks.r.classInstance", "app.tasks.r.toJSONFn", "app.tasks.r.typeKey", "app.tasks.r.graphKey",
        "app.tasks.r.escapedKey", "app.tasks.r.protoKeys", "app.tasks.r.undefinedIn", "app.tasks.r.shared",
        "app.tasks.r.circular", "app.tasks.r.lone", "app.tasks.r.error", "app.tasks.r.deep",
    ]
    static let events55 = [
        "app.events.notify", "app.events.failing", "app.events.failingTyped", "app.events.failingTyped404",
        "app.events.cancelling", "app.events.silent", "app.events.par", "app.events.checked", "app.events.ctx",
        "app.events.hidden",
    ]
    static let tasks64 = [
        "app.tasks.add", "app.tasks.echo", "app.tasks.typeof", "app.tasks.len", "app.tasks.void", "app.tasks.null",
        "app.tasks.zero", "app.tasks.emptyString", "app.tasks.false", "app.tasks.sync", "app.tasks.slow",
        "app.tasks.fail", "app.tasks.failTypeError", "app.tasks.failEmpty", "app.tasks.failString",
        "app.tasks.failObject", "app.tasks.failUndefined", "app.tasks.failNull", "app.tasks.failCode",
        "app.tasks.failForgedId", "app.tasks.failForgedLocalId", "app.tasks.failForgedObject",
        "app.tasks.failForgedBadHttp", "app.tasks.failForgedHttp", "app.tasks.failRequestAborted", "app.tasks.quota",
        "app.tasks.missing", "app.tasks.teapot", "app.tasks.code500", "app.tasks.code200", "app.tasks.code100",
        "app.tasks.code204", "app.tasks.shadow", "app.tasks.errorData", "app.tasks.errorDataBad",
        "app.tasks.emptyMessage", "app.tasks.unregistered", "app.tasks.cancel", "app.tasks.validated",
        "app.tasks.matched", "app.tasks.badResult", "app.tasks.requireContext", "app.tasks.date", "app.tasks.ctx",
        "app.tasks.rawHeaders", "app.tasks.asyncContext", "app.tasks.signalOption", "app.tasks.stream",
        "app.tasks.streamEmpty", "app.tasks.streamBig", "app.tasks.streamSlow", "app.tasks.streamWrapped",
        "app.tasks.streamWrappedMin", "app.tasks.streamWrappedLen", "app.tasks.streamBlocked",
        "app.tasks.streamFake", "app.tasks.streamNull", "app.tasks.streamPipeProp", "app.tasks.upload",
        "app.tasks.uploadMany", "app.tasks.uploadIgnore", "app.tasks.uploadFail", "app.tasks.uploadTyped",
        "app.tasks.octet", "app.tasks.octetIgnore", "app.tasks.duplex", "app.tasks.duplexUpper",
        "app.tasks.resWrite", "app.tasks.resHeader", "app.tasks.slash/id", "app.tasks.ünïcode☃",
        "app.tasks.with space", "app.tasks.100%", "app.tasks.Case", "app.tasks.case", "app.tasks.twice",
        "app.tasks.hidden", "app.tasks.unserved", "app.tasks.bare", "app.tasks.applied", "app.tasks.predicated",
        "app.tasks.inner", "app.tasks.innerHidden", "app.tasks.notify", "app.tasks.asked", "app.tasks.seen",
        "app.tasks.r-nan", "app.tasks.r-inf", "app.tasks.r-negInf", "app.tasks.r-negZero", "app.tasks.r-bigint",
        "app.tasks.r-dateTop", "app.tasks.r-badDate", "app.tasks.r-regexp", "app.tasks.r-map", "app.tasks.r-set",
        "app.tasks.r-url", "app.tasks.r-params", "app.tasks.r-symbolFor", "app.tasks.r-symbolWellKnown",
        "app.tasks.r-symbolUnique", "app.tasks.r-fn", "app.tasks.r-buffer", "app.tasks.r-u8", "app.tasks.r-f64",
        "app.tasks.r-arrayBuffer", "app.tasks.r-dataView", "app.tasks.r-bigU64", "app.tasks.r-classInstance",
        "app.tasks.r-nullProto", "app.tasks.r-inherited", "app.tasks.r-getter", "app.tasks.r-nonEnumerable",
        "app.tasks.r-symbolKey", "app.tasks.r-toJSONKey", "app.tasks.r-toJSONFn", "app.tasks.r-typeKey",
        "app.tasks.r-graphKey", "app.tasks.r-escapedKey", "app.tasks.r-refKey", "app.tasks.r-protoKeys",
        "app.tasks.r-undefinedIn", "app.tasks.r-emptyArray", "app.tasks.r-emptyObject", "app.tasks.r-boxed",
        "app.tasks.r-shared", "app.tasks.r-circular", "app.tasks.r-circularArray", "app.tasks.r-lone",
        "app.tasks.r-longString", "app.tasks.r-numbers", "app.tasks.r-intKeys", "app.tasks.r-arrayProps",
        "app.tasks.r-promiseInside", "app.tasks.r-args", "app.tasks.r-proxy", "app.tasks.r-frozen",
        "app.tasks.r-deep", "app.tasks.r-tooDeep", "app.tasks.r-mapInMap", "app.tasks.r-weakMap",
        "app.tasks.r-tagged",
    ]
    static let events64 = [
        "app.events.notify", "app.events.failing", "app.events.failingTyped", "app.events.failingTyped404",
        "app.events.failingString", "app.events.cancelling", "app.events.silent", "app.events.mutated",
        "app.events.par", "app.events.parFailing", "app.events.trans", "app.events.checked", "app.events.ctxEvent",
    ]
    static let hooks64 = [
        "app.hooks.onNotify", "app.hooks.onFailing", "app.hooks.onFailingTyped", "app.hooks.onFailingTyped404",
        "app.hooks.onFailingString", "app.hooks.onCancelling", "app.hooks.onMutated", "app.hooks.onPar",
        "app.hooks.onParFailing", "app.hooks.onTrans", "app.hooks.onChecked", "app.hooks.onCtx",
    ]
    static let errors64 = [
        "app.errors.quota", "app.errors.missing", "app.errors.teapot", "app.errors.code500", "app.errors.code200",
        "app.errors.code100", "app.errors.code204", "app.errors.shadow", "app.errors.emptyMessage",
        "app.errors.unregistered",
    ]
}
