internal import Bytes
internal import CLibUV

/// Bytes the kernel would not take at once, with libuv's request for them. Exists only while a peer reads slowly.
@safe final class PendingWrite {
    let request: UnsafeMutablePointer<uv_write_t>
    var bytes = ByteBuffer()

    init() { unsafe request = .allocate(capacity: 1) }
    deinit { unsafe request.deallocate() }
}

/// Spare pending writes of one loop.
final class PendingWritePool {
    private var spare: [PendingWrite] = []

    func take() -> PendingWrite { spare.popLast() ?? PendingWrite() }

    func give(_ write: PendingWrite) {
        if spare.count < 64 { spare.append(write) }
    }
}
