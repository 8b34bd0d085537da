internal import Bytes

/// The calls of one connection, in the order of its requests: their responses leave in that order, whatever order they
/// come in (RFC 9112, section 9.3.2).
///
/// Only the first may write to the connection; the others keep their responses until it is their turn. Since responses
/// come whether the client reads or not, the pipeline also knows what they take, or are likely to take.
struct ResponsePipeline {
    private(set) var first: Call?
    private(set) var last: Call?
    /// What the calls in the pipeline have for responses, and are likely to get.
    private(set) var reservedBytes = 0
    private(set) var count: UInt16 = 0

    var isEmpty: Bool { first == nil }

    @inline(__always)
    mutating func append(_ call: Call) {
        if let last { last.update { $0.follow(with: call) } } else { first = call }
        last = call
        count += 1
    }

    /// Takes the first call out; it is the caller's to release.
    @inline(__always)
    mutating func removeFirst() -> Call? {
        guard let call = first else { return nil }
        first = call.next
        if first == nil { last = nil }
        count -= 1
        reservedBytes -= call.reservedBytes
        return call
    }

    /// Makes room for the response of a call that goes to a worker, or counts what it really takes.
    @inline(__always)
    mutating func reserve(_ bytes: Int, for call: Call) {
        reservedBytes += bytes - call.reservedBytes
        call.update { $0.reserve(bytes) }
    }

    /// Bytes of responses that wait for the ones before them.
    var bufferedBytes: Int {
        var bytes = 0
        var call = first
        while let next = call {
            bytes += next.buffered?.bytes.count ?? 0
            call = next.next
        }
        return bytes
    }
}
