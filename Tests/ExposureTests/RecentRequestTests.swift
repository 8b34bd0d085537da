import BridgeProtocol
import Bytes
import HTTPCodec
import Testing

@testable import Exposure

@Suite("RecentRequests")
struct RecentRequestTests {
    private static let head = "POST /__runner/task/app.tasks.add HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"

    /// Reads `text` into a place as the front does; gives whether it was recognised.
    private func read(_ text: String, into request: RecentRequest) -> Bool {
        if isMet(request, by: Array(text.utf8)) { return true }
        request.forget()
        let bytes = Array(text.utf8)
        var scan = HeadScan()
        if RequestHeadParser().parse(bytes.span, resuming: &scan, into: request.head) == .complete {
            request.keep(bytes.span)
        }
        return false
    }

    private func isMet(_ request: RecentRequest, by bytes: [UInt8]) -> Bool { request.isMet(by: bytes.span) }

    private func isCall(_ rules: inout ExposureRules, _ request: RecentRequest) -> Bool {
        if case .call = decide(&rules, request) { true } else { false }
    }

    private func decide(
        _ rules: inout ExposureRules, _ request: RecentRequest, _ answer: OriginAnswer? = nil
    ) -> Decision {
        let bytes = Array(Self.head.utf8)
        return rules.decide(request, bytes.span, originAnswer: answer)
    }

    @Test("a head is recognised when its very bytes come again, whatever follows them")
    func recognised() {
        let recent = RecentRequests()
        let request = recent.place(forByteCount: 100)
        #expect(!read(Self.head + "{}", into: request))
        #expect(read(Self.head + "{}", into: request))
        #expect(read(Self.head + "[]POST /", into: request))
        #expect(request.head.framing == .contentLength(2))
    }

    @Test("one byte more, less or other is another head", arguments: 0..<head.utf8.count)
    func everyByteCounts(at: Int) {
        let request = RecentRequests().place(forByteCount: 0)
        _ = read(Self.head, into: request)
        var other = Array(Self.head.utf8)
        other[at] ^= 1
        #expect(!isMet(request, by: other))
        #expect(!isMet(request, by: Array(Self.head.utf8.prefix(at))))
    }

    @Test("a broken head is never recognised, nor does it leave the one before it behind")
    func broken() {
        let request = RecentRequests().place(forByteCount: 0)
        let bad = Self.head.replacing("Host: a", with: "Host : a")
        _ = read(Self.head, into: request)
        #expect(!read(bad, into: request))
        #expect(!read(bad, into: request))
        #expect(!isMet(request, by: Array(Self.head.utf8)))
    }

    @Test("a head longer than what is kept is read anew each time")
    func long() {
        let request = RecentRequests().place(forByteCount: 0)
        let filler = String(repeating: "x", count: RecentRequest.longestBytes)
        let long = Self.head.replacing("Host: a", with: "Host: a\r\nX-Filler: \(filler)")
        #expect(!read(long, into: request))
        #expect(!read(long, into: request))
    }

    @Test("what was decided is forgotten when the rules change: targets, tokens, base path, origins")
    func decisions() {
        var rules = ExposureRules(ExposureSettings.runner48())
        let id = Array("app.tasks.add".utf8)
        let target = rules.catalogue.intern(.task, id: id.span)
        rules.catalogue.setAvailability(.callable, of: target)
        let request = RecentRequests().place(forByteCount: 0)
        _ = read(Self.head, into: request)
        #expect(isCall(&rules, request))
        #expect(isCall(&rules, request))
        rules.catalogue.setAvailability(.absent, of: target)
        #expect(!isCall(&rules, request))
        rules.catalogue.setAvailability(.callable, of: target)
        #expect(isCall(&rules, request))

        var settings = ExposureSettings.runner48()
        settings.auth = AuthSettings.tokens("secret")
        rules.apply(settings)
        #expect(!isCall(&rules, request))
        settings.auth = .open
        settings.basePath = "/other"
        rules.apply(settings)
        #expect(decide(&rules, request) == .outside)
    }

    @Test("where the app's own function judges origins, nothing is decided without it")
    func asked() {
        var settings = ExposureSettings.runner48()
        settings.cors = CORSSettings()
        settings.cors?.origin = .ask
        var rules = ExposureRules(settings)
        let id = Array("app.tasks.add".utf8)
        rules.catalogue.setAvailability(.callable, of: rules.catalogue.intern(.task, id: id.span))
        let request = RecentRequests().place(forByteCount: 0)
        _ = read(Self.head, into: request)
        #expect(asks(decide(&rules, request)))
        _ = decide(&rules, request, OriginAnswer(flags: [], value: Array("*".utf8)))
        #expect(asks(decide(&rules, request)))
    }
}
