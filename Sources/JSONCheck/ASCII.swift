/// The bytes of JSON's grammar by name (RFC 8259 section 2).
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let dollar: UInt8 = 0x24
    static let plus: UInt8 = 0x2B
    static let comma: UInt8 = 0x2C
    static let minus: UInt8 = 0x2D
    static let period: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let zero: UInt8 = 0x30
    static let nine: UInt8 = 0x39
    static let colon: UInt8 = 0x3A
    static let openBracket: UInt8 = 0x5B
    static let backslash: UInt8 = 0x5C
    static let closeBracket: UInt8 = 0x5D
    static let underscore: UInt8 = 0x5F
    static let openBrace: UInt8 = 0x7B
    static let closeBrace: UInt8 = 0x7D
}

extension UInt8 {
    var isDigit: Bool { self &- ASCII.zero < 10 }

    /// Space, tab, line feed, carriage return: the only white space JSON knows.
    var isJSONWhitespace: Bool {
        self == ASCII.space || self == ASCII.lineFeed || self == ASCII.carriageReturn || self == ASCII.tab
    }

    /// The value of a hexadecimal digit of either case, nil for any other byte.
    var hexDigitValue: UInt16? {
        if isDigit { return UInt16(self &- ASCII.zero) }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? UInt16(letter) + 10 : nil
    }
}
