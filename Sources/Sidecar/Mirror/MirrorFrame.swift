internal import Bytes

/// What goes to a comparison: 8 bytes (payload length, 32 bits little endian; kind; three zeros), then the payload.
/// `compare/lib/live/mirror-stream.js` reads it.
enum MirrorFrame {
    private static let textKind: UInt8 = 1
    private static let callKind: UInt8 = 2
    static let headerBytes = 8
    /// Five lengths before the parts of a call.
    static let callHeaderBytes = 20

    /// A JSON text.
    static func text(_ json: String) -> [UInt8] {
        var out = ByteBuffer()
        begin(textKind, payloadBytes: json.utf8.count, into: &out)
        out.append(utf8: json)
        return out.bytes.copied()
    }

    /// A call, whole: its name, the request's head and body, the response as it was sent.
    static func call(
        name: String, head: [UInt8], body: [UInt8], response: Span<UInt8>, microseconds: UInt32
    ) -> [UInt8] {
        var out = ByteBuffer()
        let parts = name.utf8.count + head.count + body.count + response.count
        out.reserve(headerBytes + callHeaderBytes + parts)
        begin(callKind, payloadBytes: callHeaderBytes + parts, into: &out)
        for length in [name.utf8.count, head.count, body.count, response.count] {
            out.appendLittleEndian(UInt32(length))
        }
        out.appendLittleEndian(microseconds)
        out.append(utf8: name)
        out.append(head)
        out.append(body)
        out.append(response)
        return out.bytes.copied()
    }

    private static func begin(_ kind: UInt8, payloadBytes: Int, into out: inout ByteBuffer) {
        out.appendLittleEndian(UInt32(payloadBytes))
        out.append(kind)
        out.append(zeros: 3)
    }
}

/// What became of the calls that an order asked for, since it began.
struct MirrorCounts: Sendable, Equatable {
    /// Calls of the tasks and events asked for.
    var seen = 0
    /// Of these, those that were to be copied.
    var sampled = 0
    /// Of these, those for which there was no room, since the comparison is behind.
    var dropped = 0
    /// Of these, those that cannot be compared: too large, streamed, or not answered by a task.
    var skipped = 0

    static func + (left: MirrorCounts, right: MirrorCounts) -> MirrorCounts {
        MirrorCounts(
            seen: left.seen + right.seen, sampled: left.sampled + right.sampled,
            dropped: left.dropped + right.dropped, skipped: left.skipped + right.skipped)
    }

    var json: String {
        "{\"seen\":\(seen),\"sampled\":\(sampled),\"dropped\":\(dropped),\"skipped\":\(skipped)}"
    }
}
