public import Bytes

/// The fields whose value the parser keeps, found without a search.
public enum KnownField: Int, CaseIterable, Sendable {
    case host, connection, contentLength, transferEncoding, contentType, expect, origin
    case accessControlRequestHeaders, authorization, traceparent, tracestate, requestID, runnerContext
    case forwardedFor, forwarded, upgrade
    /// Like `Connection`, to Node: an old proxy's spelling of it.
    case proxyConnection
    /// The configured field, when it is none of the others.
    case custom

    /// The name in lower case; empty for `custom`.
    public var name: StaticString {
        switch self {
        case .host: "host"
        case .connection: "connection"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .contentType: "content-type"
        case .expect: "expect"
        case .origin: "origin"
        case .accessControlRequestHeaders: "access-control-request-headers"
        case .authorization: "authorization"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .requestID: "x-request-id"
        case .runnerContext: "x-runner-context"
        case .forwardedFor: "x-forwarded-for"
        case .forwarded: "forwarded"
        case .upgrade: "upgrade"
        case .proxyConnection: "proxy-connection"
        case .custom: ""
        }
    }
}

/// Where a known field was in the head.
public struct FieldSlot: Sendable, Equatable {
    /// The first one's value, white space around it left out.
    public var value: ByteRange
    /// How often the field was there; 0 means that it was not.
    public var occurrences: UInt16

    @inlinable public init() {
        value = ByteRange(offset: 0, length: 0)
        occurrences = 0
    }

    @inlinable public var isPresent: Bool { occurrences > 0 }
}

/// Finds out which known field a name is: its length leads to the few names of that length, and their first sixteen
/// bytes are compared as two numbers.
struct FieldNameTable: Sendable {
    static let capacity = KnownField.allCases.count

    private struct Entry: Sendable {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var field = KnownField.custom
    }

    /// Sorted by the length of the name; the names of length `n` are `starts[n]..<starts[n + 1]`.
    private var entries = InlineArray<18, Entry>(repeating: Entry())
    private var starts = InlineArray<34, UInt8>(repeating: 0)
    /// `custom`'s name: empty if there is none, or if it is another known field's.
    private let customName: [UInt8]
    /// Which field the configured name is.
    let configuredField: KnownField?

    /// Names in the table are not longer than this; a longer `custom` is compared byte by byte.
    private static let longestTabled = 32

    /// `customField`: a name in lower case.
    init(customField: [UInt8]?) {
        var names: [(name: [UInt8], field: KnownField)] = []
        for field in KnownField.allCases where field != .custom {
            names.append((Array(field.name.description.utf8), field))
        }
        if let customField {
            configuredField = names.first { $0.name == customField }?.field ?? .custom
            customName = configuredField == .custom ? customField : []
            if !customName.isEmpty && customName.count <= Self.longestTabled {
                names.append((customName, .custom))
            }
        } else {
            configuredField = nil
            customName = []
        }
        names.sort { $0.name.count < $1.name.count }
        for (i, known) in names.enumerated() {
            let (low, high) = Self.firstWords(of: known.name.span)
            entries[i] = Entry(low: low, high: high, field: known.field)
        }
        for length in 0..<starts.count {
            starts[length] = UInt8(names.firstIndex { $0.name.count >= length } ?? names.count)
        }
    }

    /// The known field of that name, nil if it is another. `name` has no bytes but those of a token.
    @inline(__always)
    func field(named name: Span<UInt8>, low: UInt64, high: UInt64) -> KnownField? {
        guard name.count <= Self.longestTabled else {
            return !customName.isEmpty && name.equalsIgnoringASCIICase(customName.span) ? .custom : nil
        }
        var i = Int(starts[name.count])
        let end = Int(starts[name.count + 1])
        while i < end {
            if entries[i].low == low && entries[i].high == high {
                let field = entries[i].field
                if name.count <= 16 || rest(of: name, is: field) { return field }
            }
            i += 1
        }
        return nil
    }

    private func rest(of name: Span<UInt8>, is field: KnownField) -> Bool {
        field == .custom
            ? name.equalsIgnoringASCIICase(customName.span) : name.equalsIgnoringASCIICase(field.name)
    }

    /// The first sixteen bytes of a name in lower case, zeros behind a shorter one.
    ///
    /// Setting bit 5 is all it takes: among the characters of a token it makes no two alike but the cases of a letter.
    static func firstWords(of name: Span<UInt8>) -> (low: UInt64, high: UInt64) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for i in 0..<min(name.count, 16) {
            let byte = UInt64(name[i] | 0x20)
            if i < 8 { low |= byte << (8 * i) } else { high |= byte << (8 * (i - 8)) }
        }
        return (low, high)
    }

    /// The same for a name of `length` bytes at `offset` with at least sixteen bytes to read there.
    @inline(__always)
    static func firstWords(of bytes: Span<UInt8>, at offset: Int, length: Int) -> (low: UInt64, high: UInt64) {
        let low = bytes.littleEndianUInt64(at: offset) | 0x2020_2020_2020_2020
        let high = bytes.littleEndianUInt64(at: offset + 8) | 0x2020_2020_2020_2020
        if length >= 16 { return (low, high) }
        if length >= 8 { return (low, high & ((1 << (8 * UInt64(length - 8))) &- 1)) }
        return (low & ((1 << (8 * UInt64(length))) &- 1), 0)
    }
}
