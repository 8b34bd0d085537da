public import Bytes

/// Gathers the calls of one loop turn for one worker and writes them as few CALLS frames.
///
/// Small texts that Node may decode as latin1 and parse as plain JSON go into one joined frame, which saves the app's
/// thread a quarter to a third of its work; larger ones gain nothing by that and get a frame each. Calls are written in
/// the order they were added. What was added is in no buffer before `flush`, so flush before any other frame for one of
/// these calls is written.
public struct CallBatch: ~Copyable {
    /// Texts longer than this are not joined: beyond it one long string costs Node more than the parses it saves.
    public static let defaultJoinedTextBytes = 1_024
    /// A joined frame is closed once it holds this much text or head, so that no frame keeps a worker waiting.
    static let frameBytes = 256 * 1_024

    private let joinedTextBytes: Int
    private var count = 0
    /// Of the first call, which is written without brackets if it stays alone.
    private var firstFlags: CallFlags = []
    private var entries = ByteBuffer()
    private var text = ByteBuffer()
    private var heads = ByteBuffer()

    /// - Parameter joinedTextBytes: the longest text that is joined with others.
    public init(joinedTextBytes: Int = CallBatch.defaultJoinedTextBytes) {
        self.joinedTextBytes = joinedTextBytes
    }

    /// Whether nothing waits for `flush`.
    public var isEmpty: Bool { count == 0 }

    /// Adds one call. `out` gets what can be written already: the calls before it if it cannot be joined to them, and
    /// then itself.
    ///
    /// - Parameters:
    ///   - target: index into the table that this worker announced.
    ///   - text: checked JSON text; ignored with `noInput`.
    ///   - head: the request head as received; empty if the target asked for none.
    ///   - isASCII: no byte of `text` is above 0x7F.
    ///   - isPlain: no key in `text` begins with `$` or is `__proto__`.
    public mutating func add(
        call: UInt32, target: Int, flags: CallFlags, text: Span<UInt8>, peer: PeerBlock, head: Span<UInt8>,
        isASCII: Bool, isPlain: Bool, into out: inout ByteBuffer
    ) {
        precondition(target >= 0 && target <= CallEntry.largestTarget)
        let isWithoutInput = flags.contains(.noInput)
        let isJoinable = isWithoutInput || (isASCII && isPlain && text.count <= joinedTextBytes)
        let headBytes = head.isEmpty ? 0 : PeerBlock.byteCount + head.count
        guard isJoinable else {
            flush(into: &out)
            var kinds: CallsFlags = isASCII ? .ascii : []
            if isPlain { kinds.insert(.plain) }
            let entry = CallEntry(
                call: call, target: UInt32(target), flags: flags, textBytes: text.count, headBytes: headBytes)
            Self.write(entry, kinds, text: text, peer: peer, head: head, into: &out)
            return
        }
        if count == Int(UInt16.max) || self.text.count + heads.count >= Self.frameBytes { flush(into: &out) }

        if count == 0 { firstFlags = flags }
        self.text.append(count == 0 ? UInt8(ascii: "[") : UInt8(ascii: ","))
        if isWithoutInput { self.text.append("null") } else { self.text.append(text) }
        CallEntry(
            call: call, target: UInt32(target), flags: flags, textBytes: isWithoutInput ? 4 : text.count,
            headBytes: headBytes
        ).write(into: &entries)
        if headBytes > 0 {
            peer.write(into: &heads)
            heads.append(head)
        }
        count += 1
    }

    /// Begins the frame of one call whose text is so large that the caller writes it by itself: appends the calls
    /// before it, the header and the entry. The text is to follow, then `endLarge`.
    public mutating func beginLarge(
        call: UInt32, target: Int, flags: CallFlags, textBytes: Int, head: Span<UInt8>, isASCII: Bool, isPlain: Bool,
        into out: inout ByteBuffer
    ) {
        flush(into: &out)
        var kinds: CallsFlags = isASCII ? .ascii : []
        if isPlain { kinds.insert(.plain) }
        let entry = CallEntry(
            call: call, target: UInt32(target), flags: flags, textBytes: textBytes, headBytes: Self.headBytes(head))
        let payloadBytes = CallEntry.byteCount + textBytes + Int(entry.headBytes)
        precondition(payloadBytes <= FrameLimits.largestPayloadBytes)
        FrameHeader(
            type: .calls, flags: kinds.rawValue, detail: 1, field: UInt32(textBytes), payloadBytes: payloadBytes
        ).write(into: &out)
        entry.write(into: &out)
    }

    /// Ends what `beginLarge` began, behind the text.
    public func endLarge(textBytes: Int, peer: PeerBlock, head: Span<UInt8>, into out: inout ByteBuffer) {
        if !head.isEmpty {
            peer.write(into: &out)
            out.append(head)
        }
        out.append(zeros: -(CallEntry.byteCount + textBytes + Self.headBytes(head)) & 7)
    }

    private static func headBytes(_ head: Span<UInt8>) -> Int {
        head.isEmpty ? 0 : PeerBlock.byteCount + head.count
    }

    /// Appends the frame of the calls that wait, if any, to `out`.
    public mutating func flush(into out: inout ByteBuffer) {
        guard count > 0 else { return }
        var flags: CallsFlags = [.ascii, .plain]
        if count == 1 {
            // Alone it needs no brackets, and no placeholder where there is no input.
            text.consume(1)
            if firstFlags.contains(.noInput) {
                text.removeAll()
                entries.setLittleEndian(0, at: 8)
            }
        } else {
            text.append(UInt8(ascii: "]"))
            flags.insert(.joined)
        }
        let payloadBytes = entries.count + text.count + heads.count
        let header = FrameHeader(
            type: .calls, flags: flags.rawValue, detail: UInt16(count), field: UInt32(text.count),
            payloadBytes: payloadBytes)
        out.reserve(header.totalBytes)
        header.write(into: &out)
        out.append(entries.bytes)
        out.append(text.bytes)
        out.append(heads.bytes)
        out.append(zeros: -payloadBytes & 7)
        entries.removeAll()
        text.removeAll()
        heads.removeAll()
        count = 0
    }

    /// Gives the memory of an empty batch back, after a burst.
    public mutating func releaseMemory() {
        precondition(isEmpty)
        entries.releaseMemory()
        text.releaseMemory()
        heads.releaseMemory()
    }

    /// Appends a frame for one call that stands alone.
    private static func write(
        _ entry: CallEntry, _ flags: CallsFlags, text: Span<UInt8>, peer: PeerBlock, head: Span<UInt8>,
        into out: inout ByteBuffer
    ) {
        let payloadBytes = CallEntry.byteCount + text.count + Int(entry.headBytes)
        precondition(payloadBytes <= FrameLimits.largestPayloadBytes)
        let header = FrameHeader(
            type: .calls, flags: flags.rawValue, detail: 1, field: UInt32(text.count), payloadBytes: payloadBytes)
        out.reserve(header.totalBytes)
        header.write(into: &out)
        entry.write(into: &out)
        out.append(text)
        if !head.isEmpty {
            peer.write(into: &out)
            out.append(head)
        }
        out.append(zeros: -payloadBytes & 7)
    }
}
