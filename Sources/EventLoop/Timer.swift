internal import CLibUV

/// A repeating or one-shot timer. There are a few for each loop, never one for each connection.
///
/// A timer lives as long as it is referenced: dropping it stops it.
@safe public final class Timer {
    private let loop: Loop
    private let handle: UnsafeMutablePointer<uv_timer_t>
    private let fire: () -> Void
    private var isClosed = false

    public init(loop: Loop, fire: @escaping () -> Void) {
        self.loop = loop
        self.fire = fire
        unsafe handle = .allocate(capacity: 1)
        _ = unsafe uv_timer_init(loop.raw, handle)
        unsafe handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit { close() }

    /// Fires after `delayMilliseconds`, counted from the start of this turn, then every `repeatMilliseconds` unless
    /// that is 0. Starting again starts over.
    public func start(delayMilliseconds: Int, repeatMilliseconds: Int = 0) {
        guard !isClosed else { return }
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
        guard !isClosed else { return }
        unsafe Handle.unreference(handle)
    }

    /// Stops for good.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe Handle.closeAndFree(handle)
    }
}
