internal import CLibUV

/// A repeating or one-shot timer. There are a few for each loop, never one for each connection.
@safe public final class Timer {
    private let handle: UnsafeMutablePointer<uv_timer_t>
    private let fire: () -> Void
    private var isClosed = false

    public init(loop: Loop, fire: @escaping () -> Void) {
        self.fire = fire
        unsafe handle = .allocate(capacity: 1)
        _ = unsafe uv_timer_init(loop.raw, handle)
    }

    deinit { unsafe handle.deallocate() }

    /// Fires after `delayMilliseconds`, then every `repeatMilliseconds` unless that is 0. Starting again starts over.
    public func start(delayMilliseconds: Int, repeatMilliseconds: Int = 0) {
        guard !isClosed else { return }
        unsafe handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe uv_timer_start(
            handle,
            { handle in
                unsafe Unmanaged<Timer>.fromOpaque(handle!.pointee.data).takeUnretainedValue().fire()
            }, UInt64(max(0, delayMilliseconds)), UInt64(max(0, repeatMilliseconds)))
    }

    public func stop() {
        guard !isClosed else { return }
        _ = unsafe uv_timer_stop(handle)
    }

    /// Does not keep the loop running by itself.
    public func unreference() {
        unsafe UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_unref($0)
        }
    }

    public func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        unsafe UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_close($0) { handle in
                unsafe Unmanaged<Timer>.fromOpaque(handle!.pointee.data).release()
            }
        }
    }
}
