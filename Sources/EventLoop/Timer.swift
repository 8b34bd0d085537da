internal import CLibUV

/// A repeating or one-shot timer. There are a few for each loop, never one for each connection.
///
/// A timer lives as long as it is referenced: dropping it stops it.
@safe public final class Timer {
    private let loop: Loop
    /// libuv's timer; nil on a simulated loop, which keeps the times below instead.
    private let handle: UnsafeMutablePointer<uv_timer_t>?
    let fire: () -> Void
    private var isClosed = false
    /// When a simulated timer fires next.
    private(set) var dueMilliseconds: UInt64 = 0
    private(set) var repeatMilliseconds: UInt64 = 0

    public init(loop: Loop, fire: @escaping () -> Void) {
        self.loop = loop
        self.fire = fire
        guard loop.simulation == nil else {
            unsafe handle = nil
            return
        }
        let handle = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
        unsafe self.handle = handle
        _ = unsafe uv_timer_init(loop.raw, handle)
        unsafe handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit { close() }

    /// Fires after `delayMilliseconds`, counted from the start of this turn, then every `repeatMilliseconds` unless
    /// that is 0. Starting again starts over.
    public func start(delayMilliseconds: Int, repeatMilliseconds: Int = 0) {
        guard !isClosed else { return }
        if let simulation = loop.simulation {
            dueMilliseconds = loop.nowMilliseconds + UInt64(max(0, delayMilliseconds))
            self.repeatMilliseconds = UInt64(max(0, repeatMilliseconds))
            return simulation.add(self)
        }
        _ = unsafe uv_timer_start(
            handle,
            { handle in
                unsafe Unmanaged<Timer>.fromOpaque(handle!.pointee.data).takeUnretainedValue().fire()
            }, UInt64(max(0, delayMilliseconds)), UInt64(max(0, repeatMilliseconds)))
    }

    public func stop() {
        guard !isClosed else { return }
        if let simulation = loop.simulation { return simulation.remove(self) }
        _ = unsafe uv_timer_stop(handle)
    }

    /// On a simulated loop: its time has come. Starts over where it repeats.
    func fireSimulated() {
        if repeatMilliseconds > 0 {
            start(delayMilliseconds: Int(repeatMilliseconds), repeatMilliseconds: Int(repeatMilliseconds))
        }
        fire()
    }

    /// Does not keep the loop running by itself.
    public func unreference() {
        guard !isClosed, let handle = unsafe handle else { return }
        unsafe Handle.unreference(handle)
    }

    /// Stops for good.
    public func close() {
        guard !isClosed else { return }
        if let simulation = loop.simulation { simulation.remove(self) }
        isClosed = true
        if let handle = unsafe handle { unsafe Handle.closeAndFree(handle) }
    }
}
