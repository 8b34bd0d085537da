import EventLoop
import Logging
import Settings

@testable import Sidecar

/// A loop's front that listens nowhere and knows no worker: what a connection or a call needs around it.
final class QuietFront {
    private(set) var serving: ServingLoop!
    private let control: Loop

    init() throws {
        control = try Loop()
        let mailbox = try Mailbox<ControlMessage>(loop: control) { _ in }
        serving = try ServingLoop(
            index: 0, configuration: Configuration(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            control: ControlHandle(mailbox: mailbox, loopCount: 1))
    }

    deinit {
        serving = nil
        // The mailbox went with it; its loop lets go of it when it turns.
        var isOver = false
        let timer = Timer(loop: control) { isOver = true }
        timer.start(delayMilliseconds: 1, repeatMilliseconds: 1)
        while !isOver { control.runOnce() }
    }

    func connection() throws -> ClientConnection {
        try HTTP1Connection(serving: serving, loop: serving.loop)
    }
}
