internal import Bytes
internal import EventLoop
internal import Exposure

/// Answers of the app.
extension ClientConnection {
    /// What a worker said about a call.
    enum Outcome {
        /// The JSON text of a task's result; empty for none.
        case result
        /// A whole JSON body.
        case body
    }

    /// A worker's result for one of this connection's calls.
    func deliver(_ call: Call, status: Int, outcome: Outcome, isEmpty: Bool, bytes: Span<UInt8>) {
        call.status = UInt16(truncatingIfNeeded: status)
        call.answeredNanoseconds = front.turnNanoseconds
        front.answerCame(bytes.count)
        front.answerSizes.saw(bytes.count, of: Int(call.target))
        if call == firstCall {
            prepareOutbox()
            if outcome == .result && call.status == 200 && bytes.count >= Self.largeResultBytes {
                writeLargeResult(of: call, bytes)
            } else {
                writeResult(of: call, outcome: outcome, isEmpty: isEmpty, bytes: bytes, into: &outbox)
            }
            finishFirst()
            flushSoon()
        } else {
            writeResult(
                of: call, outcome: outcome, isEmpty: isEmpty, bytes: bytes,
                into: &front.calls.hold(call, &loop.pool).bytes)
            keepWaiting(call)
        }
    }

    /// Results from here on go from the worker's input to the kernel without a copy between.
    private static let largeResultBytes = 32 << 10

    private func writeLargeResult(of call: Call, _ bytes: Span<UInt8>) {
        let before = outbox.count
        let end = end(behind: call)
        call.answerBytes = bytes.count + ExposureRules.resultFrameBytes
        front.rules.writeResultStart(
            payloadBytes: bytes.count, cors: call.cors, front.tails, end, into: &outbox)
        if let notes = call.notes { notes.echo(into: &outbox, from: before) }
        writeThrough(bytes)
        outbox.append(UInt8(ascii: "}"))
    }

    private func writeResult(
        of call: Call, outcome: Outcome, isEmpty: Bool, bytes: Span<UInt8>, into out: inout ByteBuffer
    ) {
        let before = out.count
        let end = end(behind: call)
        switch outcome {
        case .result where call.status == 200:
            // `{"ok":true}`, or `{"ok":true,"result":…}`.
            front.rules.writeResult(isEmpty ? nil : bytes, cors: call.cors, front.tails, end, into: &out)
            call.answerBytes = isEmpty ? 11 : bytes.count + ExposureRules.resultFrameBytes
        default:
            front.rules.writeHead(
                status: Int(call.status), cors: call.cors, bodyBytes: bytes.count, front.tails, end, into: &out)
            call.answerBytes = bytes.count
            out.append(bytes)
        }
        if let notes = call.notes { notes.echo(into: &out, from: before) }
    }
}
