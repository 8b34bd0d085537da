/// Strings as Node puts them on the wire in headers: a byte for each code point up to U+00FF.
enum Latin1 {
    /// The bytes of `text`, nil if a character has no byte.
    static func bytes(of text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
