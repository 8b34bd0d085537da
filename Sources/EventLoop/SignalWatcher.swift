internal import CLibUV
internal import Glibc

/// Calls back on the loop when the process gets a signal.
@safe public final class SignalWatcher {
    private let handle: UnsafeMutablePointer<uv_signal_t>
    private let fire: (Int32) -> Void

    public init(loop: Loop, signals number: Int32, fire: @escaping (Int32) -> Void) throws(LoopError) {
        self.fire = fire
        unsafe handle = .allocate(capacity: 1)
        try unsafe LoopError.check(uv_signal_init(loop.raw, handle))
        // Watchers live as long as the process: the reference is never given back.
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        try unsafe LoopError.check(
            uv_signal_start(
                handle,
                { handle, number in
                    unsafe Unmanaged<SignalWatcher>.fromOpaque(handle!.pointee.data).takeUnretainedValue().fire(number)
                }, number))
        unsafe UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_unref($0)
        }
    }

    /// A peer that is gone shows as an error of the write, not as the death of the process.
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
