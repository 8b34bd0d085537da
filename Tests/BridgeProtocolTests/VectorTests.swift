import BridgeProtocol
import Bytes
import Testing

@Suite("The shared vectors")
struct VectorTests {
    @Test("every frame type has a vector")
    func everyTypeIsThere() {
        let seen = Set(Vectors.all.valid.map(\.frame.type))
        #expect(seen == Set(FrameType.allCases.map { $0.name.description }))
    }

    @Test("a valid frame is read as its vector says", arguments: Vectors.all.valid)
    func validFrameIsRead(vector: Vectors.Valid) throws {
        let bytes = vector.bytes
        guard case .frame(let header, let payload, let totalBytes) = reader(of: vector.sender).next(in: bytes.span)
        else {
            Issue.record("\(vector.name) was not read as a frame")
            return
        }
        let frame = vector.frame
        #expect(totalBytes == bytes.count)
        #expect(header.type.name.description == frame.type)
        #expect(header.flags == frame.flags)
        #expect(header.detail == frame.detail)
        #expect(header.call == frame.call)
        #expect(header.field == frame.field)
        #expect(bytes.span.extracting(payload.range).copied() == frame.payload)
        if let calls = frame.calls { try expect(calls, header, frame.payload) }
        if let load = frame.load { #expect(WorkerLoad(payload: frame.payload.span) == load) }
    }

    @Test("a valid frame is written as its vector says", arguments: Vectors.all.valid)
    func validFrameIsWritten(vector: Vectors.Valid) throws {
        var written = ByteBuffer()
        let frame = vector.frame
        let type = try #require(FrameType.allCases.first { $0.name.description == frame.type })
        let payload = frame.payload
        switch type {
        case .calls:
            // A batch never writes this form, which the protocol allows to others.
            if vector.name == "calls-two-not-joined" { return }
            write(frame.calls!, CallsFlags(rawValue: frame.flags), into: &written)
        case .cancel:
            FrameWriter.cancel(call: frame.call, reason: CancelReason(rawValue: frame.detail)!, into: &written)
        case .request:
            FrameWriter.request(
                call: frame.call, flags: RequestFlags(rawValue: frame.flags), peer: peer([UInt8](hex: frame.peerHex!)),
                head: Array(frame.head!.utf8).span, into: &written)
        case .requestData: FrameWriter.requestData(call: frame.call, payload.span, into: &written)
        case .requestEnd: FrameWriter.requestEnd(call: frame.call, into: &written)
        case .ping: FrameWriter.ping(number: frame.field, into: &written)
        case .originQuestion:
            if frame.flags == 0 {
                FrameWriter.originQuestion(question: frame.call, origin: payload.span, into: &written)
            } else {
                FrameWriter.originQuestion(question: frame.call, origin: nil, into: &written)
            }
        case .credit: FrameWriter.credit(call: frame.call, byteCount: frame.field, into: &written)
        case .draining: FrameWriter.draining(DrainingFlags(rawValue: frame.flags), into: &written)
        case .welcome: Welcome(frontVersion: "0.1.0", loops: 2, link: 0, windowBytes: 262_144).write(into: &written)
        case .refused:
            Refused(
                reason: "this front speaks version 2 of the bridge protocol, the shim version 7: update runner-sidecar",
                retry: false
            ).write(into: &written)
        case .hello: FrameWriter.hello(version: frame.field, payload.span, into: &written)
        case .result:
            FrameWriter.result(
                call: frame.call, status: frame.detail, flags: ResultFlags(rawValue: frame.flags), payload.span,
                into: &written)
        case .responseData: FrameWriter.responseData(call: frame.call, payload.span, into: &written)
        case .responseEnd:
            FrameWriter.responseEnd(call: frame.call, flags: ResponseEndFlags(rawValue: frame.flags), into: &written)
        case .pong:
            FrameWriter.pong(number: frame.field, try #require(frame.load), into: &written)
        case .settings:
            let overrides = Overrides(
                basePath: "/api", corsOrigins: ["https://app.example.com"], tokens: ["old", "new"],
                tokenHeader: "x-token")
            (vector.name == "settings" ? overrides : Overrides()).write(into: &written)
        case .originAnswer:
            FrameWriter.originAnswer(
                question: frame.call, flags: OriginAnswerFlags(rawValue: frame.flags), value: payload.span,
                into: &written)
        }
        #expect(written.bytes.copied() == vector.bytes)
    }

    @Test("an invalid frame is refused with the error of its vector", arguments: Vectors.all.invalid)
    func invalidFrameIsRefused(vector: Vectors.Invalid) {
        let bytes = vector.bytes
        switch reader(of: vector.sender).next(in: bytes.span) {
        case .failed(let error): #expect(error.code.description == vector.error)
        case .frame(let header, let payload, _) where header.type == .calls:
            let error = #expect(throws: BridgeError.self) {
                _ = try CallsReader.calls(header, payload: bytes.span.extracting(payload.range))
            }
            #expect(error?.code.description == vector.error)
        case .frame(let header, _, _): Issue.record("read as a valid \(header.type.name)")
        case .incomplete(let neededBytes): Issue.record("waits for \(neededBytes) bytes")
        }
    }

    // MARK: Helpers

    private func reader(of sender: String) -> FrameReader {
        FrameReader(receiver: sender == "front" ? .shim : .front)
    }

    private func expect(_ expected: [Vectors.Call], _ header: FrameHeader, _ payload: [UInt8]) throws {
        let calls = try CallsReader.calls(header, payload: payload.span)
        #expect(calls.count == expected.count)
        for (call, expected) in zip(calls, expected) {
            #expect(call.entry.call == expected.call)
            #expect(Int(call.entry.target) == expected.target)
            #expect(call.entry.flags.rawValue == expected.flags)
            let isPlaceholder = call.entry.flags.contains(.noInput) && !call.text.isEmpty
            let text = isPlaceholder ? [] : payload.span.extracting(call.text.range).copied()
            #expect(text == Array(expected.text.utf8) || isPlaceholder && expected.text == "null")
            let head = [UInt8](hex: expected.peerHex) + Array(expected.head.utf8)
            #expect(payload.span.extracting(call.head.range).copied() == head)
        }
    }

    private func write(_ calls: [Vectors.Call], _ flags: CallsFlags, into out: inout ByteBuffer) {
        var batch = CallBatch()
        for call in calls {
            batch.add(
                call: call.call, target: call.target, flags: CallFlags(rawValue: call.flags),
                text: Array(call.text.utf8).span,
                peer: peer([UInt8](hex: call.peerHex)), head: Array(call.head.utf8).span,
                isASCII: flags.contains(.ascii), isPlain: flags.contains(.plain), into: &out)
        }
        batch.flush(into: &out)
    }

    private func peer(_ bytes: [UInt8]) -> PeerBlock {
        guard bytes.count == PeerBlock.byteCount else { return PeerBlock() }
        let remotePort = UInt16(bytes[2]) | UInt16(bytes[3]) << 8
        let localPort = UInt16(bytes[20]) | UInt16(bytes[21]) << 8
        let address: PeerBlock.Address =
            switch bytes[0] {
            case 4: .ipv4(bytes[4], bytes[5], bytes[6], bytes[7])
            case 6: .ipv6(SIMD16(bytes[4..<20]))
            default: .unknown
            }
        return PeerBlock(remote: address, remotePort: remotePort, localPort: localPort)
    }
}
