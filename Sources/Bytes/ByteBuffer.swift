/// A growable, uniquely owned run of bytes with a read and a write position.
///
/// It is the one place (beside the libuv edge) that touches raw memory: everything above it sees `Span<UInt8>`,
/// whose every access is bounds-checked. Consuming from the front is O(1); the space is reclaimed when the buffer
/// empties or has to grow. It holds 4 GiB at most: every connection has two of these, and 32 bits make them 24 bytes
/// each.
@safe public struct ByteBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer?
    @usableFromInline var storageBytes: UInt32
    @usableFromInline var readOffset: UInt32 = 0
    @usableFromInline var writeOffset: UInt32 = 0

    @inlinable var storage: UnsafeMutableRawBufferPointer {
        get { unsafe UnsafeMutableRawBufferPointer(start: base, count: Int(storageBytes)) }
        set {
            unsafe base = newValue.baseAddress
            storageBytes = UInt32(newValue.count)
        }
    }

    // Both are within `storage`, whose size fits.
    @inlinable var readIndex: Int {
        get { Int(readOffset) }
        set { readOffset = UInt32(truncatingIfNeeded: newValue) }
    }
    @inlinable var writeIndex: Int {
        get { Int(writeOffset) }
        set { writeOffset = UInt32(truncatingIfNeeded: newValue) }
    }

    /// An empty buffer. No memory is allocated while `minimumCapacity` is 0.
    @inlinable public init(minimumCapacity: Int = 0) {
        unsafe base = nil
        storageBytes = 0
        if minimumCapacity > 0 { grow(toFit: minimumCapacity) }
    }

    @inlinable init(unsafeAdopting memory: UnsafeMutableRawBufferPointer) {
        unsafe base = memory.baseAddress
        storageBytes = UInt32(memory.count)
    }

    @inlinable deinit {
        unsafe storage.deallocate()
    }

    /// Bytes written and not yet consumed.
    @inlinable public var count: Int { writeIndex - readIndex }
    @inlinable public var isEmpty: Bool { writeIndex == readIndex }
    /// Bytes this buffer can hold before it has to grow.
    @inlinable public var capacity: Int { unsafe storage.count }

    /// The bytes written and not yet consumed.
    @inlinable public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let readable = unsafe UnsafeRawBufferPointer(rebasing: storage[readIndex..<writeIndex])
            return unsafe _overrideLifetime(Span<UInt8>(_unsafeBytes: readable), borrowing: self)
        }
    }

    /// Whether `other` begins with these bytes, which takes the same time wherever they differ: how long it took tells
    /// nobody how much of a secret among them was right.
    @inlinable public func isPrefixInConstantTime(of other: Span<UInt8>) -> Bool {
        let count = self.count
        guard other.count >= count else { return false }
        return unsafe bytes.withUnsafeBytes { mine in
            unsafe other.withUnsafeBytes { theirs in
                var difference: UInt64 = 0
                var i = 0
                while i <= count - 8 {
                    let one = unsafe mine.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                    difference |= unsafe one ^ theirs.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                    i += 8
                }
                while i < count {
                    difference |= unsafe UInt64(mine[i] ^ theirs[i])
                    i += 1
                }
                return difference == 0
            }
        }
    }

    /// Overwrites one already written byte, counted from the first unconsumed one.
    @inlinable public mutating func set(_ byte: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset < count)
        unsafe storage[readIndex + offset] = byte
    }

    /// Overwrites four already written bytes at `offset` with `value`, least significant byte first.
    @inlinable public mutating func setLittleEndian(_ value: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= count)
        unsafe storage.storeBytes(of: value.littleEndian, toByteOffset: readIndex + offset, as: UInt32.self)
    }

    // MARK: Writing

    /// What can be appended before more room has to be made.
    @inlinable var freeBytes: Int { Int(storageBytes &- writeOffset) }

    @inlinable public mutating func append(_ byte: UInt8) {
        if freeBytes == 0 { makeRoom(for: 1) }
        unsafe (base! + Int(writeOffset)).storeBytes(of: byte, as: UInt8.self)
        writeOffset &+= 1
    }

    @inlinable public mutating func append(_ span: Span<UInt8>) {
        let n = span.count
        guard n > 0 else { return }
        if n > freeBytes { makeRoom(for: n) }
        unsafe span.withUnsafeBytes { source in
            unsafe (base! + Int(writeOffset)).copyMemory(from: source.baseAddress!, byteCount: n)
        }
        writeOffset &+= UInt32(truncatingIfNeeded: n)
    }

    @inlinable public mutating func append(_ array: [UInt8]) {
        append(array.span)
    }

    @inlinable public mutating func append(_ text: StaticString) {
        let n = text.utf8CodeUnitCount
        guard n > 0 else { return }
        if n > freeBytes { makeRoom(for: n) }
        unsafe (base! + Int(writeOffset)).copyMemory(from: text.utf8Start, byteCount: n)
        writeOffset &+= UInt32(truncatingIfNeeded: n)
    }

    /// For cold paths: a `String`'s UTF-8.
    public mutating func append(utf8 text: String) {
        for byte in text.utf8 { append(byte) }
    }

    /// Four bytes, least significant first.
    @inlinable public mutating func appendLittleEndian(_ value: UInt32) {
        if freeBytes < 4 { makeRoom(for: 4) }
        unsafe (base! + Int(writeOffset)).storeBytes(of: value.littleEndian, as: UInt32.self)
        writeOffset &+= 4
    }

    /// `value` in decimal digits.
    @inlinable public mutating func append(decimal value: Int) {
        precondition(value >= 0)
        reserve(20)
        var digits = 1
        var bound = 10
        while value >= bound && digits < 19 {
            digits += 1
            (bound, _) = bound.multipliedReportingOverflow(by: 10)
        }
        var rest = value
        var at = writeIndex + digits
        repeat {
            at -= 1
            let quotient = rest / 10
            unsafe storage[at] = UInt8(truncatingIfNeeded: rest &- quotient &* 10) &+ 48
            rest = quotient
        } while rest > 0
        writeIndex += digits
    }

    /// `count` zero bytes.
    @inlinable public mutating func append(zeros count: Int) {
        guard count > 0 else { return }
        reserve(count)
        unsafe (storage.baseAddress! + writeIndex).initializeMemory(as: UInt8.self, repeating: 0, count: count)
        writeIndex += count
    }

    // MARK: Consuming

    /// Forgets the first `n` unconsumed bytes.
    @inlinable public mutating func consume(_ n: Int) {
        precondition(n >= 0 && n <= count)
        readIndex += n
        if readIndex == writeIndex {
            readIndex = 0
            writeIndex = 0
        }
    }

    /// Forgets the last `n` written bytes.
    @inlinable public mutating func dropLast(_ n: Int) {
        precondition(n >= 0 && n <= count)
        writeIndex -= n
    }

    @inlinable public mutating func removeAll() {
        readIndex = 0
        writeIndex = 0
    }

    // MARK: Room

    /// Makes room for `n` more bytes; the bytes already there keep their offsets from the first unconsumed one.
    @inlinable public mutating func reserve(_ n: Int) {
        if unsafe storage.count - writeIndex < n { makeRoom(for: n) }
    }

    @usableFromInline mutating func makeRoom(for n: Int) {
        let used = count
        if readIndex > 0, unsafe used + n <= storage.count, readIndex >= used {
            unsafe storage.baseAddress!.copyMemory(from: storage.baseAddress! + readIndex, byteCount: used)
            readIndex = 0
            writeIndex = used
            return
        }
        grow(toFit: used + n)
    }

    /// Moves the content into storage for at least `needed` bytes: doubling, so that appending stays linear.
    @usableFromInline mutating func grow(toFit needed: Int) {
        let used = count
        var size = unsafe max(storage.count * 2, 64)
        if size < needed { size = (needed + 63) & ~63 }
        precondition(size <= Int(UInt32.max), "a ByteBuffer holds 4 GiB at most")
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        if used > 0 {
            unsafe larger.baseAddress!.copyMemory(from: storage.baseAddress! + readIndex, byteCount: used)
        }
        unsafe storage.deallocate()
        unsafe storage = larger
        readIndex = 0
        writeIndex = used
    }

    /// Gives up the memory of a buffer that holds nothing.
    public mutating func releaseMemory() {
        precondition(isEmpty)
        unsafe storage.deallocate()
        unsafe storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        removeAll()
    }

    // MARK: The libuv edge

    /// Free space of at least `minimum` bytes for a read to fill; `commit` then says how many it did.
    ///
    /// Unsafe: the pointer is good only until the next mutation.
    @unsafe @inlinable public mutating func unsafeFreeSpace(minimum: Int) -> UnsafeMutableRawBufferPointer {
        reserve(minimum)
        return unsafe UnsafeMutableRawBufferPointer(rebasing: storage[writeIndex...])
    }

    /// Counts `n` bytes of the free space as written.
    @unsafe @inlinable public mutating func unsafeCommit(_ n: Int) {
        precondition(unsafe n >= 0 && writeIndex + n <= storage.count)
        writeIndex += n
    }

    /// The unconsumed bytes, for a system call. Unsafe: good only until the next mutation.
    @unsafe @inlinable public var unsafeReadable: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: storage[readIndex..<writeIndex])
    }

    /// Takes the memory out, leaving an empty buffer.
    @inlinable mutating func unsafeTakeMemory() -> UnsafeMutableRawBufferPointer {
        let memory = unsafe storage
        unsafe storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        removeAll()
        return unsafe memory
    }
}
