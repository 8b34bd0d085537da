public import Bytes
internal import CLibUV
internal import Glibc

/// Standard error, for log lines. Once `startWriter` was called, callers append to a bounded buffer and a thread of its
/// own writes it: a reader that stopped reading (a stuck log driver, a full pipe) blocks that thread and nothing else.
public enum StandardError {
    private static let writer = LogWriter(descriptor: 2)

    /// Writes whole lines. They stay together, and in order.
    public static func write(_ text: String) {
        var text = text
        text.withUTF8 { unsafe writer.append(UnsafeRawBufferPointer($0)) }
    }

    /// Writes `bytes`, which are whole lines, and empties them.
    public static func write(_ bytes: inout ByteBuffer) {
        let readable = unsafe bytes.unsafeReadable
        unsafe writer.append(UnsafeRawBufferPointer(readable))
        bytes.removeAll()
    }

    /// From here on a thread writes. Before, each call writes by itself, and waits for the reader.
    public static func startWriter() throws(LoopError) { try writer.start() }

    /// Lines that were lost since the start: the buffer was full, or standard error failed.
    public static var droppedLines: Int { writer.droppedLines }

    /// Whether at least half of the buffer is free.
    public static var hasRoom: Bool { writer.hasRoom }

    /// Waits until everything is written, or the time is over.
    public static func finish(withinMilliseconds: Int) { writer.finish(withinMilliseconds: withinMilliseconds) }
}

/// A bounded buffer in front of a descriptor, and the thread that empties it.
@safe final class LogWriter: @unchecked Sendable {
    /// What may wait; the thread has as much again in its hands.
    static let capacityBytes = 512 << 10
    /// Up to here one write to a pipe is not mixed with those of other processes (PIPE_BUF, pipe(7)).
    private static let chunkBytes = 4096

    private let descriptor: Int32
    private let lock: UnsafeMutablePointer<uv_mutex_t>
    private let condition: UnsafeMutablePointer<uv_cond_t>
    // All of these are touched with the lock held.
    private var waiting: [UInt8] = []
    private var isStarted = false
    private var isWriting = false
    private var dropped = 0

    /// Lives as long as the process or the test: its thread does.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        unsafe lock = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        let status = unsafe (uv_mutex_init(lock), uv_cond_init(condition))
        precondition(status == (0, 0), "no memory for a lock")
    }

    private func withLock<Result>(_ body: () -> Result) -> Result {
        unsafe uv_mutex_lock(lock)
        defer { unsafe uv_mutex_unlock(lock) }
        return body()
    }

    var droppedLines: Int { withLock { dropped } }
    var hasRoom: Bool { withLock { waiting.count < Self.capacityBytes / 2 } }

    func start() throws(LoopError) {
        guard !withLock({ isStarted }) else { return }
        try LoopThread.start { [self] in run() }
        withLock { isStarted = true }
    }

    /// Takes all of `bytes` or nothing.
    func append(_ bytes: UnsafeRawBufferPointer) {
        let isHandedOver = withLock { () -> Bool in
            guard isStarted else { return false }
            guard waiting.count + bytes.count <= Self.capacityBytes else {
                unsafe dropped += Self.lines(bytes)
                return true
            }
            unsafe waiting.append(contentsOf: bytes)
            if !isWriting { unsafe uv_cond_signal(condition) }
            return true
        }
        if !isHandedOver { unsafe writeOut(bytes) }
    }

    func finish(withinMilliseconds: Int) {
        let end = uv_hrtime() + UInt64(withinMilliseconds) * 1_000_000
        withLock {
            while isStarted, isWriting || !waiting.isEmpty {
                let now = uv_hrtime()
                guard now < end, unsafe uv_cond_timedwait(condition, lock, end - now) == 0 else { return }
            }
        }
    }

    private func run() {
        // Two arrays that change places: neither is allocated anew.
        var batch: [UInt8] = []
        while true {
            withLock {
                isWriting = false
                unsafe uv_cond_broadcast(condition)
                while waiting.isEmpty { unsafe uv_cond_wait(condition, lock) }
                swap(&batch, &waiting)
                isWriting = true
            }
            unsafe batch.withUnsafeBytes { unsafe writeOut($0) }
            batch.removeAll(keepingCapacity: true)
        }
    }

    /// Writes, and waits for the reader. What the descriptor does not take (a full disk, a closed pipe) is lost.
    private func writeOut(_ bytes: UnsafeRawBufferPointer) {
        var at = 0
        while at < bytes.count {
            let count = unsafe Self.chunk(bytes, from: at)
            let written = unsafe Glibc.write(descriptor, bytes.baseAddress! + at, count)
            if written > 0 {
                at += written
            } else if errno == EAGAIN {
                // Another process that shares it made it so.
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&entry, 1, -1)
            } else if errno != EINTR {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[at...])
                return withLock { unsafe dropped += Self.lines(rest) }
            }
        }
    }

    /// As many whole lines as one write should take, at least one.
    private static func chunk(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard bytes.count - start > chunkBytes else { return bytes.count - start }
        let newline = UInt8(ascii: "\n")
        let limit = start + chunkBytes
        if let last = unsafe bytes[start..<limit].lastIndex(of: newline) { return last + 1 - start }
        let end = unsafe bytes[limit...].firstIndex(of: newline) ?? bytes.count - 1
        return end + 1 - start
    }

    private static func lines(_ bytes: UnsafeRawBufferPointer) -> Int {
        unsafe bytes.count { $0 == UInt8(ascii: "\n") }
    }
}
