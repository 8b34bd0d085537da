internal import Bytes

/// What a worker says of itself in PONG.
public struct WorkerLoad: Equatable, Sendable {
    /// How late its event loop ran, in microseconds.
    public var lagMicroseconds: UInt32
    public var runningCalls: UInt32
    /// Memory and event-loop utilization; nil where the shim does not say.
    public var process: ProcessLoad?

    public struct ProcessLoad: Equatable, Sendable {
        public var residentKiB: UInt32
        public var heapUsedKiB: UInt32
        public var heapTotalKiB: UInt32
        /// The share of the time since the last PONG in which the event loop was busy, in millionths.
        public var utilizationMillionths: UInt32

        public init(residentKiB: UInt32, heapUsedKiB: UInt32, heapTotalKiB: UInt32, utilizationMillionths: UInt32) {
            self.residentKiB = residentKiB
            self.heapUsedKiB = heapUsedKiB
            self.heapTotalKiB = heapTotalKiB
            self.utilizationMillionths = utilizationMillionths
        }
    }

    /// Of PONG's payload; the short one has lag and calls only.
    public static let byteCounts = (short: 8, whole: 24)

    public init(lagMicroseconds: UInt32, runningCalls: UInt32, process: ProcessLoad? = nil) {
        self.lagMicroseconds = lagMicroseconds
        self.runningCalls = runningCalls
        self.process = process
    }

    /// - Parameter payload: PONG's, of one of `byteCounts`.
    public init(payload: Span<UInt8>) {
        lagMicroseconds = payload.littleEndianUInt32(at: 0)
        runningCalls = payload.littleEndianUInt32(at: 4)
        guard payload.count == Self.byteCounts.whole else { return }
        process = ProcessLoad(
            residentKiB: payload.littleEndianUInt32(at: 8), heapUsedKiB: payload.littleEndianUInt32(at: 12),
            heapTotalKiB: payload.littleEndianUInt32(at: 16),
            utilizationMillionths: payload.littleEndianUInt32(at: 20))
    }

    var byteCount: Int { process == nil ? Self.byteCounts.short : Self.byteCounts.whole }

    func write(into buffer: inout ByteBuffer) {
        buffer.appendLittleEndian(lagMicroseconds)
        buffer.appendLittleEndian(runningCalls)
        guard let process else { return }
        buffer.appendLittleEndian(process.residentKiB)
        buffer.appendLittleEndian(process.heapUsedKiB)
        buffer.appendLittleEndian(process.heapTotalKiB)
        buffer.appendLittleEndian(process.utilizationMillionths)
    }
}
