import BridgeProtocol
import Bytes
import EventLoop
import Settings

/// How a worker answers: at its time, and as the request's plan says.
extension SimWorker {
    func schedule(_ call: UInt32, after microseconds: Int, _ action: Step.Action) {
        lastStep += 1
        let step = Step(
            at: world.now + UInt64(microseconds) * 1000, order: lastStep, call: call, incarnation: incarnation,
            action: action)
        // Few wait at a time, and most go to the end.
        var at = steps.count
        while at > 0, steps[at - 1].at > step.at { at -= 1 }
        steps.insert(step, at: at)
    }

    func run(_ step: Step) {
        switch step.action {
        case .originAnswer(let question, let origin):
            let answer = World.originAnswer(origin, cacheable: world.plan.cors == .regExp)
            FrameWriter.originAnswer(
                question: question, flags: answer.flags, value: Array(answer.value.utf8).span, into: &outbox)
            return
        case .credit(let bytes):
            guard let call = calls[step.call] else { return }
            call.uncredited -= bytes
            FrameWriter.credit(call: call.id, byteCount: UInt32(bytes), into: &outbox)
            return
        case .answer:
            if let call = calls[step.call] { answer(call) }
        case .piece:
            if let call = calls[step.call] { sendPiece(call) }
        }
    }

    func over(_ call: WorkerCall) {
        calls[call.id] = nil
        overIDs.append(call.id)
        if overIDs.count > 4 { overIDs.removeFirst() }
    }

    func answer(_ call: WorkerCall) {
        let record = call.record
        let response = record.plan.response
        world.note("\(name): answers \(record.mark) with \(response.kind)")
        switch response.kind {
        case .never: return
        case .streamed: return startStreaming(call)
        case .emptyStream:
            record.gaveNothing = true
            FrameWriter.responseEnd(call: call.id, flags: chance.happens(500) ? [.keepAlive] : [], into: &outbox)
        case .result, .empty, .body, .noContent:
            if response.extra == .resultBehindData && !record.plan.isHTTP10 {
                // What came first counts.
                startStreaming(call)
                if calls[call.id] != nil { noteBreak() }
                sendResult(call, Array("{\"t\":\"a result behind data\"}".utf8), .result, 200)
                return
            }
            give(call, response)
        }
        over(call)
        if response.extra == .repeatsResult {
            sendResult(call, Array("{\"t\":\"a second result\"}".utf8), .result, 200)
        } else if response.extra == .dataBehindResult {
            FrameWriter.responseData(
                call: call.id, Array("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".utf8).span, into: &outbox)
            FrameWriter.responseEnd(call: call.id, flags: [.keepAlive], into: &outbox)
        }
    }

    func give(_ call: WorkerCall, _ response: ResponsePlan) {
        let record = call.record
        let pad = [UInt8](repeating: UInt8(97 + record.plan.number % 26), count: response.padBytes)
        let payload = Array("{\"t\":\"\(record.mark)\",\"pad\":\"".utf8) + pad + Array("\"}".utf8)
        switch response.kind {
        case .empty:
            record.given = .empty
            sendResult(call, [], .empty, 200)
        case .body:
            record.given = .body(status: response.status, payload: payload)
            sendResult(call, payload, .failed, response.status)
        case .noContent:
            record.given = .noContent(status: response.status)
            sendResult(call, payload, [], response.status)
        default:
            record.given = .result(payload: payload)
            sendResult(call, payload, .result, 200)
        }
    }

    func sendResult(_ call: WorkerCall, _ payload: [UInt8], _ flags: ResultFlags, _ status: Int) {
        FrameWriter.result(call: call.id, status: UInt16(status), flags: flags, payload.span, into: &outbox)
    }

    // MARK: Streaming

    func startStreaming(_ call: WorkerCall) {
        let record = call.record
        let response = record.plan.response
        var streamed = Record.Streamed()
        streamed.bodyBytes = StreamBody.byteCount(response, number: record.plan.number)
        streamed.framing = response.kind == .streamed ? response.framing : .chunked
        streamed.closes = response.closes || call.mustClose || streamed.framing == .untilClose
        record.given = .stream(streamed)
        var head = "HTTP/1.1 200 OK\r\nx-stream: \(record.mark)\r\n"
        switch streamed.framing {
        case .length: head += "content-length: \(streamed.bodyBytes)\r\n"
        case .chunked: head += "transfer-encoding: chunked\r\n"
        case .untilClose: break
        }
        head += streamed.closes ? "connection: close\r\n\r\n" : "connection: keep-alive\r\n\r\n"
        let bytes = Array(head.utf8)
        call.window -= bytes.count
        FrameWriter.responseData(call: call.id, bytes.span, into: &outbox)
        call.piecesSent = 0
        if response.cutBehindPiece == 0 { return endStream(call, cut: true) }
        if record.plan.method == "HEAD" { return endStream(call, cut: false) }
        if response.pieceGapMicroseconds == 0 {
            sendPiece(call)
        } else {
            schedule(call.id, after: response.pieceGapMicroseconds, .piece)
        }
    }

    func sendPiece(_ call: WorkerCall) {
        let record = call.record
        guard case .stream(let streamed)? = record.given, !call.waits else { return }
        let response = record.plan.response
        // No piece takes more than a quarter of the window.
        let each = min(
            (streamed.bodyBytes + response.pieces - 1) / response.pieces,
            max(1, world.plan.configuration.streamWindowBytes / 4))
        while true {
            let start = min(streamed.bodyBytes, each * call.piecesSent)
            let end = min(streamed.bodyBytes, start + each)
            var piece: [UInt8] = []
            if end > start {
                let all = StreamBody.bytes(record.plan.number, count: end)
                if streamed.framing == .chunked { piece += Array("\(String(end - start, radix: 16))\r\n".utf8) }
                piece += all[start..<end]
                if streamed.framing == .chunked { piece += [13, 10] }
            }
            let isLast = end == streamed.bodyBytes
            if isLast && streamed.framing == .chunked { piece += Array("0\r\n\r\n".utf8) }
            guard piece.count <= call.window else {
                call.waits = true
                return
            }
            if !piece.isEmpty {
                call.window -= piece.count
                FrameWriter.responseData(call: call.id, piece.span, into: &outbox)
            }
            call.piecesSent += 1
            if response.cutBehindPiece == call.piecesSent && !isLast { return endStream(call, cut: true) }
            if isLast { return endStream(call, cut: false) }
            if response.pieceGapMicroseconds > 0 {
                return schedule(call.id, after: response.pieceGapMicroseconds, .piece)
            }
        }
    }

    func endStream(_ call: WorkerCall, cut: Bool) {
        guard case .stream(var streamed)? = call.record.given else { return }
        streamed.isCut = cut
        streamed.isEnded = !cut
        call.record.given = .stream(streamed)
        FrameWriter.responseEnd(
            call: call.id, flags: cut ? [.abort] : streamed.closes ? [] : [.keepAlive], into: &outbox)
        over(call)
    }
}
