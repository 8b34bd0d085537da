public import Bytes

/// One call's 16 bytes at the start of a CALLS payload.
public struct CallEntry: Equatable, Sendable {
    /// Bytes that an entry takes.
    public static let byteCount = 16
    /// A target's index has 24 bits.
    public static let largestTarget = 0xFF_FFFF

    public var call: UInt32
    /// Index into the table that HELLO announced.
    public var target: UInt32
    public var flags: CallFlags
    public var textBytes: UInt32
    /// Bytes of peer block and request head; 0 if the target asked for none.
    public var headBytes: UInt32

    @inlinable public init(call: UInt32, target: UInt32, flags: CallFlags, textBytes: Int, headBytes: Int) {
        self.call = call
        self.target = target
        self.flags = flags
        self.textBytes = UInt32(textBytes)
        self.headBytes = UInt32(headBytes)
    }

    @inlinable func write(into buffer: inout ByteBuffer) {
        buffer.reserve(Self.byteCount)
        buffer.appendLittleEndian(call)
        buffer.appendLittleEndian(target | UInt32(flags.rawValue) << 24)
        buffer.appendLittleEndian(textBytes)
        buffer.appendLittleEndian(headBytes)
    }
}

/// One call of a CALLS frame, as its receiver sees it. Ranges are offsets into the payload.
public struct ReceivedCall: Equatable, Sendable {
    public var entry: CallEntry
    /// The JSON text; in a joined frame one element of the array, without comma.
    public var text: ByteRange
    /// The 24 bytes of peer block and the request head behind it, empty if there is none.
    public var head: ByteRange
}

/// Takes the payload of CALLS apart, with every check that its receiver owes: for stand-ins of the shim, and to hold
/// what `CallBatch` writes against.
public enum CallsReader {
    /// - Parameters:
    ///   - header: CALLS, already accepted by a `FrameReader`.
    ///   - payload: its payload.
    public static func calls(
        _ header: FrameHeader, payload: Span<UInt8>
    ) throws(BridgeError) -> [ReceivedCall] {
        precondition(header.type == .calls && payload.count == Int(header.payloadBytes))
        let isJoined = CallsFlags(rawValue: header.flags).contains(.joined)
        let count = Int(header.detail)
        let textEnd = CallEntry.byteCount * count + Int(header.field)
        var textAt = CallEntry.byteCount * count
        var headAt = textEnd
        var calls: [ReceivedCall] = []
        calls.reserveCapacity(count)
        for i in 0..<count {
            let at = i * CallEntry.byteCount
            let word = payload.littleEndianUInt32(at: at + 4)
            let entry = CallEntry(
                call: payload.littleEndianUInt32(at: at), target: word & 0xFF_FFFF,
                flags: CallFlags(rawValue: UInt8(word >> 24)),
                textBytes: Int(payload.littleEndianUInt32(at: at + 8)),
                headBytes: Int(payload.littleEndianUInt32(at: at + 12)))
            if isJoined {
                guard textAt < textEnd, payload[textAt] == UInt8(ascii: i == 0 ? "[" : ",") else {
                    throw .badEntries(entry: i)
                }
                textAt += 1
            }
            guard entry.isConsistent(joined: isJoined), textAt + Int(entry.textBytes) <= textEnd,
                headAt + Int(entry.headBytes) <= payload.count
            else { throw .badEntries(entry: i) }
            let text = ByteRange(offset: textAt, length: Int(entry.textBytes))
            if isJoined && entry.flags.contains(.noInput) && !payload.extracting(text.range).equals("null") {
                throw .badEntries(entry: i)
            }
            calls.append(
                ReceivedCall(entry: entry, text: text, head: ByteRange(offset: headAt, length: Int(entry.headBytes))))
            textAt += Int(entry.textBytes)
            headAt += Int(entry.headBytes)
        }
        if isJoined {
            guard textAt < textEnd, payload[textAt] == UInt8(ascii: "]") else { throw .badEntries(entry: count - 1) }
            textAt += 1
        }
        guard textAt == textEnd && headAt == payload.count else { throw .badEntries(entry: count - 1) }
        return calls
    }
}

extension CallEntry {
    fileprivate func isConsistent(joined: Bool) -> Bool {
        guard flags.rawValue & ~15 == 0, !flags.isSuperset(of: [.noInput, .whole]) else { return false }
        guard headBytes == 0 || Int(headBytes) > PeerBlock.byteCount else { return false }
        if flags.contains(.context) && headBytes == 0 { return false }
        return (textBytes == 0) == (flags.contains(.noInput) && !joined)
    }
}
