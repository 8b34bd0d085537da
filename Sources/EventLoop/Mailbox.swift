internal import CLibUV
internal import Synchronization

/// Messages from any thread to one loop. The only thing of a loop that other threads may touch.
@safe public final class Mailbox<Message: Sendable>: Sendable {
    private struct Queue {
        var messages: [Message] = []
        var isClosed = false
    }

    private let queue = Mutex(Queue())
    private nonisolated(unsafe) let wakeup: Wakeup

    /// Makes a mailbox on `loop`; `receive` runs there, once for each message, in the order of sending.
    public init(loop: Loop, receive: @escaping (Message) -> Void) throws(LoopError) {
        let wakeup = try Wakeup(loop: loop)
        unsafe self.wakeup = wakeup
        wakeup.onWake = { [unowned self] in
            for message in self.takeAll() { receive(message) }
        }
    }

    /// Sends from any thread.
    public func send(_ message: Message) {
        queue.withLock { $0.messages.append(message) }
        unsafe wakeup.wake()
    }

    private func takeAll() -> [Message] {
        queue.withLock { queue in
            let all = queue.messages
            queue.messages = []
            return all
        }
    }
}

/// libuv's async handle: its send is the one call that is safe from other threads.
@safe private final class Wakeup {
    private let handle: UnsafeMutablePointer<uv_async_t>
    var onWake: (() -> Void)?

    init(loop: Loop) throws(LoopError) {
        unsafe handle = .allocate(capacity: 1)
        try unsafe LoopError.check(
            uv_async_init(loop.raw, handle) { handle in
                unsafe Unmanaged<Wakeup>.fromOpaque(handle!.pointee.data).takeUnretainedValue().onWake?()
            })
        // Mailboxes live as long as their loop's thread.
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        unsafe UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_unref($0)
        }
    }

    func wake() { _ = unsafe uv_async_send(handle) }
}
