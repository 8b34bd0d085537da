/// Spare memory for `ByteBuffer`s of one loop, so that a request in the steady state allocates nothing.
///
/// Only memory of ordinary size is kept, and only so much of it: what a burst needed is given back to the system.
@safe public struct BufferPool: ~Copyable {
    /// What a fresh buffer can hold.
    public let bufferBytes: Int
    /// How many spare buffers are kept.
    public let spareLimit: Int
    private var spare: [UnsafeMutableRawBufferPointer]

    public init(bufferBytes: Int, spareLimit: Int) {
        self.bufferBytes = bufferBytes
        self.spareLimit = spareLimit
        unsafe spare = []
        unsafe spare.reserveCapacity(spareLimit)
    }

    deinit {
        for at in unsafe spare.indices { unsafe spare[at].deallocate() }
    }

    /// Gives `buffer` pooled memory if it has none yet.
    public mutating func provide(_ buffer: inout ByteBuffer) {
        guard buffer.capacity == 0 else { return }
        if let memory = unsafe spare.popLast() {
            buffer = unsafe ByteBuffer(unsafeAdopting: memory)
        } else {
            buffer.reserve(bufferBytes)
        }
    }

    /// Takes the memory of `buffer`, whose content is dropped.
    public mutating func reclaim(_ buffer: inout ByteBuffer) {
        guard buffer.capacity > 0 else { return }
        let memory = unsafe buffer.unsafeTakeMemory()
        if unsafe spare.count < spareLimit && memory.count <= bufferBytes * 4 {
            unsafe spare.append(memory)
        } else {
            unsafe memory.deallocate()
        }
    }
}
