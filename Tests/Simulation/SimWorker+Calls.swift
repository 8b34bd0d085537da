import BridgeProtocol
import Bytes
import EventLoop
import Settings

/// What comes of the calls and streamed requests that a worker is given: each is held against what its client sent.
extension SimWorker {
    func begin(_ received: ReceivedCall, _ payload: Span<UInt8>) {
        let entry = received.entry
        let text = payload.extracting(received.text.range)
        let head = payload.extracting(received.head.range)
        let ofText = Marks.only(in: text)
        let ofHead = Marks.only(in: head)
        if ofText == -1 || ofHead == -1 || (ofText != nil && ofHead != nil && ofText != ofHead) {
            return world.fail(
                "a call has parts of several requests", "text of \(ofText ?? 0), head of \(ofHead ?? 0)", ofText)
        }
        guard let number = ofText ?? ofHead, let record = world.record(number) else {
            return world.fail("a call is nobody's", "target \(entry.target), \(entry.textBytes) bytes of text")
        }
        let target = Int(entry.target)
        guard record.plan.target == target else {
            return world.fail("a call goes to another target", "\(record.mark) to \(target)", number)
        }
        if record.plan.kind != .call && record.plan.kind != .discovery {
            return world.fail("a request that is no call was called", "\(record.plan.kind)", number)
        }
        // Discovery has no input, whatever its body is.
        if !record.isComplete && record.plan.kind != .discovery {
            return world.fail("a call was dispatched before its request was complete", record.mark, number)
        }
        if record.plan.isBadJSON { return world.fail("a call's input is no JSON", record.mark, number) }
        if record.plan.kind == .call, let wanted = record.text?.input {
            guard text.equals(wanted.span) else {
                return world.fail("a call's input is not what was sent", record.mark, number)
            }
        } else if !entry.flags.contains(.noInput) {
            return world.fail("a call has an input that was not sent", record.mark, number)
        }
        guard let call = open(entry.call, record) else { return }
        call.bodyIsOver = true
        let response = record.plan.response
        if response.isBlocking {
            freeze(until: world.now + UInt64(response.delayMicroseconds) * 1000)
        }
        if response.kind != .never { schedule(entry.call, after: response.delayMicroseconds, .answer) }
    }

    func open(_ id: UInt32, _ record: Record) -> WorkerCall? {
        let number = record.plan.number
        record.dispatches += 1
        if record.dispatches > 1 {
            world.fail("a request was dispatched twice", record.mark, number)
            return nil
        }
        if calls[id] != nil {
            world.fail("an id was used for two calls at once", "\(id)", number)
            return nil
        }
        // What a worker reads late may have been given up meanwhile; what was refused may not come at all.
        if record.isAnswered && !record.wasGivenUp && (record.plan.kind == .call || record.plan.kind == .discovery) {
            world.fail("a request was dispatched after its response", record.mark, number)
            return nil
        }
        if let begun = record.begun, !world.admits(record.token, since: begun).sometimes {
            world.fail("a request was dispatched without a token that opens", "\(record.token ?? "none")", number)
            return nil
        }
        record.dispatched = world.now
        record.worker = plan.number
        let call = WorkerCall(id, record, window: world.plan.configuration.streamWindowBytes)
        calls[id] = call
        world.note("\(name): call \(id) is \(record.mark)")
        return call
    }

    func beginStream(_ header: FrameHeader, _ payload: Span<UInt8>) {
        guard payload.count > 24 else { return world.fail("the front broke the bridge protocol", "REQUEST") }
        let head = payload.extracting(droppingFirst: 24)
        guard let number = Marks.only(in: head), let record = world.record(number) else {
            return world.fail("a streamed request is nobody's", String(decoding: head.copied(), as: UTF8.self))
        }
        let isRight =
            switch record.plan.kind {
            case .stream: true
            case .outside, .noURL: world.plan.takesEverything
            case .malformed: record.plan.malformation == 13
            default: false
            }
        guard isRight else {
            return world.fail("a request was streamed that is none of those", "\(record.plan.kind)", number)
        }
        // What lies outside asks for no token.
        let token = record.token
        if record.plan.kind == .outside || record.plan.kind == .noURL { record.token = nil }
        guard
            let call = record.plan.kind == .outside || record.plan.kind == .noURL
                ? openOutside(header.call, record) : open(header.call, record)
        else { return }
        record.token = token
        call.isStream = true
        call.mustClose = String(decoding: head.copied(), as: UTF8.self).range(of: "Connection: close\r\n") != nil
        call.hasBody = RequestFlags(rawValue: header.flags).contains(.bodyFollows)
        if call.hasBody
            != (record.plan.framing != .none && (record.text?.bytes.count ?? 0) > (record.text?.headBytes ?? 0))
            && record.plan.kind != .malformed
        {
            world.fail("a streamed request's body was announced wrongly", record.mark, number)
        }
        call.bodyIsOver = !call.hasBody
        let response = record.plan.response
        if response.answersEarly || call.bodyIsOver { answerSoon(call) }
    }

    func openOutside(_ id: UInt32, _ record: Record) -> WorkerCall? {
        record.dispatches += 1
        guard record.dispatches == 1, calls[id] == nil else {
            world.fail("a request was dispatched twice", record.mark, record.plan.number)
            return nil
        }
        record.dispatched = world.now
        record.worker = plan.number
        let call = WorkerCall(id, record, window: world.plan.configuration.streamWindowBytes)
        calls[id] = call
        return call
    }

    func answerSoon(_ call: WorkerCall) {
        let response = call.record.plan.response
        if response.kind != .never { schedule(call.id, after: response.delayMicroseconds, .answer) }
    }

    func takeBody(_ header: FrameHeader, _ payload: Span<UInt8>) {
        // What is on its way when a call is over is nothing to be upset about.
        guard let call = calls[header.call] else { return }
        let record = call.record
        guard call.isStream, call.hasBody, !call.bodyIsOver, let text = record.text else {
            return world.fail("a body was sent for a call that has none", record.mark, record.plan.number)
        }
        let start = text.headBytes + record.streamedBytes
        guard start + payload.count <= text.bytes.count,
            payload.equals(text.bytes.span.extracting(start..<start + payload.count))
        else {
            return world.fail("a streamed body is not what was sent", record.mark, record.plan.number)
        }
        record.streamedBytes += payload.count
        call.uncredited += payload.count
        guard call.uncredited <= world.plan.configuration.streamWindowBytes else {
            return world.fail("the front sent beyond the window", record.mark, record.plan.number)
        }
        let delay = record.plan.response.creditDelayMicroseconds
        schedule(call.id, after: delay, .credit(payload.count))
    }

    func checkBodyIsWhole(_ call: WorkerCall) {
        let record = call.record
        guard let text = record.text else { return }
        guard record.isComplete, text.headBytes + record.streamedBytes == text.bytes.count else {
            return world.fail("a streamed body ended too soon", record.mark, record.plan.number)
        }
        if !record.plan.response.answersEarly { answerSoon(call) }
    }
}
