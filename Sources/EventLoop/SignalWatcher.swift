internal import CLibUV
internal import Glibc

/// Calls back on the loop when the process gets a signal, for as long as it is referenced.
@safe public final class SignalWatcher {
    private let loop: Loop
    private let handle: UnsafeMutablePointer<uv_signal_t>
    private let fire: (Int32) -> Void

    public init(loop: Loop, signals number: Int32, fire: @escaping (Int32) -> Void) throws(LoopError) {
        let handle = UnsafeMutablePointer<uv_signal_t>.allocate(capacity: 1)
        let status = unsafe uv_signal_init(loop.raw, handle)
        guard status == 0 else {
            unsafe handle.deallocate()
            throw LoopError(code: status)
        }
        self.loop = loop
        unsafe self.handle = handle
        self.fire = fire
        unsafe handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        // From here on an error is thrown by a whole object, whose end closes the handle.
        try unsafe LoopError.check(
            uv_signal_start(
                handle,
                { handle, number in
                    unsafe Unmanaged<SignalWatcher>.fromOpaque(handle!.pointee.data).takeUnretainedValue().fire(number)
                }, number))
        unsafe Handle.unreference(handle)
    }

    deinit { unsafe Handle.closeAndFree(handle) }

    /// A peer that is gone shows as an error of the write, not as the death of the process.
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
