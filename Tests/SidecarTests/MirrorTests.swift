import Bytes
import Testing

@testable import Sidecar

/// Copies of calls for a comparison: what is copied, what it may take, and what is said of the rest.
@Suite("Mirroring calls")
struct MirrorTests {
    private static func order(
        share: String = "1", targets: String = #"["task a","task list.*","event e"]"#, all: String = "false",
        marked: String = "false"
    ) throws -> MirrorOrder {
        let line = Array(
            #"{"mirror":1,"share":\#(share),"targets":\#(targets),"marked":\#(marked),"all":\#(all)}"#.utf8)
        return try MirrorOrder(parsing: line.span)
    }

    private static func tap(
        _ order: MirrorOrder, limitBytes: Int = 1 << 20
    ) -> (MirrorTap, MirrorBudget) {
        let budget = MirrorBudget(limitBytes: limitBytes)
        return (MirrorTap(number: 1, order: order, budget: budget, seed: 7), budget)
    }

    private static func take(_ tap: MirrorTap, call: UInt32 = 1, _ name: String = "task a", body: String = "{}") {
        let head = Array("POST /t HTTP/1.1\r\n\r\n".utf8)
        let body = Array(body.utf8)
        tap.took(
            call: call, target: name == "task a" ? 0 : 1, isMarked: false, name: { name }, head: head.span,
            body: body.span)
    }

    private static func answer(_ tap: MirrorTap, call: UInt32 = 1, bytes: Int = 3) -> MirrorTap.Frame? {
        let response = [UInt8](repeating: UInt8(ascii: "r"), count: bytes)
        return tap.answered(call: call, response: response.span, microseconds: 1_500)
    }

    // MARK: Orders

    @Test("an order names tasks and events, whole or by how they begin")
    func orderNames() throws {
        let order = try Self.order()
        #expect(
            order.takes("task a", isMarked: false) && order.takes("task list.x", isMarked: false)
                && order.takes("event e", isMarked: false))
        #expect(
            !order.takes("event a", isMarked: false) && !order.takes("task b", isMarked: false)
                && !order.takes("task list", isMarked: false))
        #expect(try Self.order(targets: "[]", all: "true").takes("task whatever", isMarked: false))
        let marked = try Self.order(targets: "[]", marked: "true")
        #expect(marked.takes("task a", isMarked: true) && !marked.takes("task a", isMarked: false))
        #expect(try Self.order(share: "0.0000001").shareMillionths == 1, "a share above 0 never becomes none")
    }

    @Test(
        "what is no order is refused with what is wrong",
        arguments: [
            ("", "JSON"), ("{", "JSON"), ("[]", "no mirror version"), (#"{"mirror":2}"#, "same version of both"),
            (#"{"mirror":1}"#, "share"), (#"{"mirror":1,"share":0,"all":true,"targets":[]}"#, "share"),
            (#"{"mirror":1,"share":1.5,"all":true,"targets":[]}"#, "share"),
            (#"{"mirror":1,"share":1,"targets":[]}"#, "all must be"),
            (#"{"mirror":1,"share":1,"all":false,"targets":[]}"#, "marked must be"),
            (#"{"mirror":1,"share":1,"all":false,"marked":false}"#, "targets must be a list"),
            (#"{"mirror":1,"share":1,"all":false,"marked":false,"targets":["a"]}"#, "'task ID' or 'event ID'"),
            (#"{"mirror":1,"share":1,"all":false,"marked":false,"targets":[1]}"#, "'task ID' or 'event ID'"),
            (#"{"mirror":1,"share":1,"all":false,"marked":false,"targets":[]}"#, "names no task"),
        ])
    func wrongOrders(line: String, says: String) throws {
        let problem = #expect(throws: MirrorOrder.Problem.self) {
            _ = try MirrorOrder(parsing: Array(line.utf8).span)
        }
        #expect(problem?.reason.contains(says) == true, "\(problem?.reason ?? "")")
    }

    // MARK: Copies

    @Test("a copy has the call's name, request and response, with their lengths before them")
    func frame() throws {
        let (tap, budget) = Self.tap(try Self.order())
        Self.take(tap, body: #"{"input":1}"#)
        let frame = try #require(Self.answer(tap))
        var expected: [UInt8] = [20 + 6 + 20 + 11 + 3, 0, 0, 0, 2, 0, 0, 0]
        expected += [6, 0, 0, 0, 20, 0, 0, 0, 11, 0, 0, 0, 3, 0, 0, 0, 0xdc, 5, 0, 0]
        expected += Array("task aPOST /t HTTP/1.1\r\n\r\n{\"input\":1}rrr".utf8)
        #expect(frame.bytes == expected)
        #expect(tap.counts == MirrorCounts(seen: 1, sampled: 1))
        budget.release(frame.reservedBytes)
        #expect(budget.usedBytes == 0)
    }

    @Test("only what the order names is copied, and only it is counted")
    func others() throws {
        let (tap, _) = Self.tap(try Self.order())
        Self.take(tap, "task b")
        #expect(tap.counts == MirrorCounts() && tap.pendingCount == 0)
        #expect(Self.answer(tap) == nil)
    }

    @Test("a share is sampled: of 100,000 calls at 5 % about 5,000")
    func share() throws {
        let (tap, _) = Self.tap(try Self.order(share: "0.05"))
        for call in 0..<UInt32(100_000) {
            Self.take(tap, call: call)
            _ = Self.answer(tap, call: call).map { _ in }
            tap.forget { _ in true }
        }
        #expect(tap.counts.seen == 100_000)
        #expect((4_500...5_500).contains(tap.counts.sampled), "\(tap.counts.sampled)")
    }

    @Test("where there is no room a copy is dropped and counted, before the response or behind it")
    func noRoom() throws {
        let (tap, budget) = Self.tap(try Self.order(), limitBytes: 700)
        Self.take(tap, call: 1)
        Self.take(tap, call: 2)
        Self.take(tap, call: 3)
        #expect(tap.counts == MirrorCounts(seen: 3, sampled: 3, dropped: 1))
        #expect(Self.answer(tap, call: 1, bytes: 500) == nil)
        #expect(tap.counts.dropped == 2)
        #expect(try #require(Self.answer(tap, call: 2)).bytes.count > 0)
        #expect(budget.usedBytes <= 700)
    }

    @Test("a call that is too large, by itself or with its response, is skipped and holds nothing")
    func tooLarge() throws {
        let (tap, budget) = Self.tap(try Self.order(), limitBytes: 16 << 20)
        Self.take(tap, body: String(repeating: "x", count: MirrorTap.callLimitBytes))
        #expect(tap.counts.skipped == 1 && budget.usedBytes == 0)
        Self.take(tap)
        #expect(Self.answer(tap, bytes: MirrorTap.callLimitBytes) == nil)
        #expect(tap.counts.skipped == 2 && budget.usedBytes == 0 && tap.pendingCount == 0)
    }

    @Test("calls that end without a response to copy are forgotten")
    func forgotten() throws {
        let (tap, budget) = Self.tap(try Self.order())
        for call in 1...UInt32(4) { Self.take(tap, call: call) }
        tap.forget { $0 <= 2 }
        #expect(tap.pendingCount == 2 && tap.counts.skipped == 2)
        tap.end()
        #expect(budget.usedBytes == 0 && tap.pendingCount == 0)
    }

    @Test("a call that is given to another worker counts once")
    func twice() throws {
        let (tap, budget) = Self.tap(try Self.order())
        Self.take(tap, call: 1)
        Self.take(tap, call: 1)
        #expect(tap.counts == MirrorCounts(seen: 1, sampled: 1))
        budget.release(try #require(Self.answer(tap, call: 1)).reservedBytes)
        #expect(budget.usedBytes == 0)
    }
}
