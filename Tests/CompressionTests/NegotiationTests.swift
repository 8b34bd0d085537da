import Bytes
import Compression
import Testing

private func prefersGzip(_ values: [String]) -> Bool {
    var accept = AcceptEncoding()
    for value in values {
        let bytes = Array(value.utf8)
        accept.add(bytes.span)
    }
    return accept.prefersGzip
}

private func coding(_ values: [String]) -> BodyCoding {
    values.reduce(.none) { coding, value in
        let bytes = Array(value.utf8)
        return coding.adding(bytes.span)
    }
}

private func isText(_ type: String) -> Bool {
    let bytes = Array(type.utf8)
    return BodyTraits.isText(contentType: bytes.span)
}

@Suite("negotiation")
struct NegotiationTests {
    @Test(
        "gzip is sent where it is accepted and not liked less than no coding",
        arguments: [
            ["gzip"], ["GZIP"], ["x-gzip"], ["gzip, deflate, br"], ["br;q=1.0, gzip;q=0.8, *;q=0.1"], ["*"],
            ["deflate", "gzip"], ["gzip;q=1"], ["gzip;q=0.001"], [" gzip ; q=0.5 "], ["gzip;Q=0.5"], ["gzip;x=1;q=0.5"],
            ["identity;q=0.5, gzip;q=0.5"], ["identity;q=0, *;q=0.2"], [",,gzip,"], ["*;q=0, gzip"], ["gzip;x"],
        ])
    func accepted(values: [String]) { #expect(prefersGzip(values)) }

    @Test(
        "gzip is not sent where it is not accepted, refused, liked less, or not clearly asked for",
        arguments: [
            [], [""], ["identity"], ["br"], ["deflate"], ["gzip;q=0"], ["gzip;q=0.000"], ["*;q=0"], ["*, gzip;q=0"],
            ["identity, gzip;q=0.5"], ["gzipped"], ["gzip;q=2"], ["gzip;q="], ["gzip;q=.5"], ["gzip;q=-1"],
            ["gzip;q=0.0001"], ["gzip;q=1.001"], ["gzip;q=abc"], ["gzip q=1"],
        ])
    func notAccepted(values: [String]) { #expect(!prefersGzip(values)) }

    @Test("a request's body is plain, gzip, or what this server does not read")
    func codings() {
        #expect(coding([]) == .none)
        #expect(coding([""]) == .none)
        #expect(coding(["identity"]) == .none)
        #expect(coding(["gzip"]) == .gzip)
        #expect(coding(["X-GZIP"]) == .gzip)
        #expect(coding(["identity, gzip"]) == .gzip)
        for other in [["br"], ["deflate"], ["gzip, gzip"], ["gzip", "gzip"], ["gzip, br"], ["br, gzip"], ["gzip2"]] {
            #expect(coding(other) == .unsupported)
        }
    }

    @Test(
        "text and what is written like text is worth it",
        arguments: [
            "application/json", "application/json; charset=utf-8", "Application/JSON;charset=utf-8", "text/plain",
            "text/event-stream", "TEXT/html ; charset=utf-8", "application/problem+json", "image/svg+xml",
            "application/x-ndjson",
        ])
    func text(type: String) { #expect(isText(type)) }

    @Test(
        "what is compressed already, or is not known, is not",
        arguments: ["image/png", "application/octet-stream", "application/zip", "", "video/mp4", "textual", "json"])
    func notText(type: String) { #expect(!isText(type)) }

    @Test("no-transform forbids, among other directives, in any case")
    func noTransform() {
        for (value, forbids) in [
            ("no-transform", true), ("private, No-Transform, max-age=0", true), ("max-age=0", false), ("", false),
            ("no-transforms", false),
        ] {
            let bytes = Array(value.utf8)
            #expect(BodyTraits.forbidsTransforming(cacheControl: bytes.span) == forbids)
        }
    }
}
