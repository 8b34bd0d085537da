internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec

/// A request whose origin the app's JavaScript has to judge: it waits, the shim is asked, and with the answer the
/// request is looked at once more.
extension FrontLoop {
    /// Asks for `connection`'s request.
    func askOrigin(for connection: ClientConnection, _ head: RequestHead, _ bytes: Span<UInt8>) {
        guard let link = workers.links.first(where: { $0.isReady }) else { return }
        lastQuestion &+= 1
        if lastQuestion == 0 { lastQuestion = 1 }
        questions[lastQuestion] = OriginQuestion(connection: connection, link: link)
        link.prepareOutbox()
        rules.writeOriginQuestion(lastQuestion, head, bytes, into: &link.outbox)
        link.flushSoon()
    }

    func originAnswered(question: UInt32, flags: OriginAnswerFlags, value: Span<UInt8>) {
        guard let asked = questions.removeValue(forKey: question) else { return }
        originAnswer = (asked.connection, OriginAnswer(flags: flags, value: value.copied()))
        asked.connection.retry()
        originAnswer = nil
    }

    /// The answer that just came for this connection's request, if any.
    @inline(__always)
    func takeOriginAnswer(for connection: ClientConnection) -> OriginAnswer? {
        guard let arrived = originAnswer, arrived.connection === connection else { return nil }
        originAnswer = nil
        return arrived.answer
    }

    /// The worker that was asked is gone: its questions go to another, or wait for one.
    func reaskOrigins(of link: WorkerLink) {
        for (number, question) in questions where question.link === link {
            questions[number] = nil
            question.connection.retry()
        }
    }
}

/// Who waits for an origin's judgement, and from whom.
struct OriginQuestion {
    let connection: ClientConnection
    let link: WorkerLink
}
