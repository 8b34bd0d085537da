internal import CLibUV
internal import Glibc

/// A thread that runs one loop.
public enum LoopThread {
    /// Runs `body` on a thread of its own. The process ends when the main thread does.
    public static func start(_ body: @escaping @Sendable () -> Void) throws(LoopError) {
        var thread = uv_thread_t()
        let box = unsafe Unmanaged.passRetained(Body(run: body))
        let status = unsafe uv_thread_create(
            &thread, { unsafe Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run() }, box.toOpaque())
        if status < 0 {
            unsafe box.release()
            throw LoopError(code: status)
        }
        // Nobody waits for its end: what it took goes back by itself.
        pthread_detach(thread)
    }

    /// Processors this process may run on.
    public static var processorCount: Int { Int(uv_available_parallelism()) }

    private final class Body {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
