internal import EventLoop
internal import Logging
internal import Settings

/// A serving loop as the control loop sees it: a number and a mailbox.
struct ServingLoopHandle: Sendable {
    let index: Int
    let mailbox: Mailbox<LoopMessage>

    struct Start: Sendable {
        let index: Int
        let loopCount: Int
        let configuration: Configuration
        let logger: Logger
        let points: [ListenPoint]
        let fairLimits: FairLimits
        let control: Mailbox<ControlMessage>
    }

    /// Starts a thread that serves; it reports `started` or `failed` to the control loop.
    static func start(_ start: Start) throws(LoopError) {
        try LoopThread.start {
            do throws(LoopError) {
                let serving = try ServingLoop(
                    index: start.index, configuration: start.configuration, logger: start.logger,
                    control: ControlHandle(mailbox: start.control, loopCount: start.loopCount),
                    fairLimits: start.fairLimits)
                let mailbox = try Mailbox<LoopMessage>(loop: serving.loop) { message in serving.received(message) }
                var bound: [ListenPoint] = []
                for point in start.points {
                    do throws(LoopError) {
                        bound.append(try serving.listen(at: point))
                    } catch {
                        start.control.send(.failed(Front.StartError(error, listeningOn: point)))
                        return
                    }
                }
                start.control.send(.started(ServingLoopHandle(index: start.index, mailbox: mailbox), bound))
                serving.loop.run()
            } catch {
                start.control.send(.failed(Front.StartError(message: "cannot start loop \(start.index): \(error)")))
            }
        }
    }
}

/// How a serving loop reaches the control loop.
struct ControlHandle: Sendable {
    let mailbox: Mailbox<ControlMessage>
    let loopCount: Int

    func send(_ message: ControlMessage) { mailbox.send(message) }
}

extension SocketAddress {
    /// A configured address.
    init(_ address: ListenAddress) {
        var octets = InlineArray<16, UInt8>(repeating: 0)
        switch address.host.family {
        case .v4:
            for i in 0..<4 { octets[i] = UInt8(truncatingIfNeeded: address.host.low >> UInt64(24 - 8 * i)) }
            self.init(version: 4, port: address.port, octets: octets)
        case .v6:
            for i in 0..<8 {
                octets[i] = UInt8(truncatingIfNeeded: address.host.high >> UInt64(56 - 8 * i))
                octets[i + 8] = UInt8(truncatingIfNeeded: address.host.low >> UInt64(56 - 8 * i))
            }
            self.init(version: 6, port: address.port, octets: octets)
        }
    }
}
