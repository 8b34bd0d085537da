internal import CLibUV

/// Messages from any thread to one loop. The only thing of a loop that other threads may touch.
///
/// It lives as long as it is referenced, by whatever thread: what was sent before is still delivered, then the loop
/// lets go of it. A mailbox does not keep its loop running.
@safe public final class Mailbox<Message: Sendable>: Sendable {
    private let queue: Queue
    private nonisolated(unsafe) let wakeup: Wakeup

    /// Makes a mailbox on `loop`; `receive` runs there, once for each message, in the order of sending.
    public init(loop: Loop, receive: @escaping (Message) -> Void) throws(LoopError) {
        let queue = Queue()
        self.queue = queue
        unsafe wakeup = try Wakeup(loop: loop) {
            let (messages, isClosed) = queue.takeAll()
            for message in messages { receive(message) }
            return isClosed
        }
    }

    deinit {
        queue.close { unsafe wakeup.wake() }
    }

    /// Sends from any thread.
    public func send(_ message: Message) {
        queue.append(message)
        unsafe wakeup.wake()
    }

    private final class Queue: Sendable {
        private let content = Guarded((messages: [Message](), isClosed: false))

        func append(_ message: Message) {
            content.withLock { $0.messages.append(message) }
        }

        /// `wake` runs before the loop can see the end and lets go of what `wake` uses.
        func close(_ wake: () -> Void) {
            content.withLock { content in
                content.isClosed = true
                wake()
            }
        }

        func takeAll() -> (messages: [Message], isClosed: Bool) {
            content.withLock { content in
                let all = content
                content.messages = []
                return all
            }
        }
    }
}

/// libuv's async handle: its send is the one call that is safe from other threads.
@safe private final class Wakeup {
    private let loop: Loop
    /// Nil on a simulated loop, which has no other threads.
    private let handle: UnsafeMutablePointer<uv_async_t>?
    /// Runs on the loop; tells whether it was the last time.
    private var onWake: (() -> Bool)?

    init(loop: Loop, onWake: @escaping () -> Bool) throws(LoopError) {
        guard loop.simulation == nil else {
            self.loop = loop
            unsafe handle = nil
            self.onWake = onWake
            return
        }
        let handle = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
        let status = unsafe uv_async_init(loop.raw, handle) { handle in
            unsafe Unmanaged<Wakeup>.fromOpaque(handle!.pointee.data).takeUnretainedValue().woken()
        }
        guard status == 0 else {
            unsafe handle.deallocate()
            throw LoopError(code: status)
        }
        self.loop = loop
        unsafe self.handle = handle
        self.onWake = onWake
        // The mailbox may be dropped on any thread, a handle is closed on its loop's only: until then libuv keeps this.
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        unsafe Handle.unreference(handle)
    }

    func wake() {
        if let simulation = loop.simulation { return simulation.nextTurn { self.woken() } }
        _ = unsafe uv_async_send(handle)
    }

    private func woken() {
        guard onWake?() == true else { return }
        onWake = nil
        guard let handle = unsafe handle else { return }
        unsafe Handle.closeAndFree(handle)
        unsafe Unmanaged.passUnretained(self).release()
    }
}
