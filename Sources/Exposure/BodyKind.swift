internal import Bytes

/// What nodeExposure reads a task's request body as.
enum BodyKind: Equatable {
    case json
    /// Read by the app's own code: multipart forms and raw bytes.
    case stream

    /// - Parameter contentType: the first Content-Type field's value, empty if there is none.
    init(contentType: Span<UInt8>) {
        // By far the most common values are ruled out by one letter.
        if contentType.isEmpty || contentType.equals("application/json") {
            self = .json
        } else {
            self = Self.isOctetStream(contentType) || Self.isMultipart(contentType) ? .stream : .json
        }
    }

    /// `/^application\/octet-stream(?:;|$)/i`
    private static func isOctetStream(_ value: Span<UInt8>) -> Bool {
        let length = 24
        guard value.count >= length,
            value.extracting(0..<length).equalsIgnoringASCIICase("application/octet-stream")
        else { return false }
        return value.count == length || value[length] == UInt8(ascii: ";")
    }

    /// `/multipart\/form-data/i`: anywhere in the value.
    private static func isMultipart(_ value: Span<UInt8>) -> Bool {
        let length = 19
        guard value.count >= length else { return false }
        for start in 0...value.count - length where value[start] | 0x20 == UInt8(ascii: "m") {
            if value.extracting(start..<start + length).equalsIgnoringASCIICase("multipart/form-data") { return true }
        }
        return false
    }
}
