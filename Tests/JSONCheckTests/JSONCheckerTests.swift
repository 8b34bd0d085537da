import Bytes
import JSONCheck
import Testing

@Suite("What is JSON")
struct JSONCheckerTests {
    @Test(
        "every kind of value is taken, with white space around it or without",
        arguments: [
            "0", "-0", "12", "-1.5", "1e5", "1E+5", "1.25e-10", "true", "false", "null", #""""#, #""a""#, "[]", "{}",
            "[[],{}]",
            #"{"a":1,"b":[true,false,null,"x"]}"#,
        ])
    func takesValues(text: String) {
        #expect(check(text).verdict == .valid)
        #expect(check(" \t\r\n" + text + "\n\r\t ").verdict == .valid)
        #expect(check("[\(text) , \(text)]").verdict == .valid)
        #expect(check(#"{"k" : \#(text) , "k":\#(text)}"#).verdict == .valid)
    }

    @Test(
        "what JSON.parse takes and other parsers refuse is taken",
        arguments: [
            "123456789012345678901234567890", "1e999", "-1e999", "1e-999", #"{"a":1,"a":2}"#, #""\ud800""#,
            #""\udc00\ud800""#,
            "\"\u{2028}\u{2029}\"", "\"\u{7F}\"", "\"\u{FEFF}\"", "\"\u{FFFD}\"", #""\u0000""#,
        ])
    func takesWhatV8Takes(text: String) { #expect(check(text).verdict == .valid) }

    @Test("a byte that is no UTF-8 is taken inside a string, and never hides what follows it")
    func illFormedInsideStrings() {
        for bytes in [[0x80], [0xC3], [0xE2], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xFF, 0xFE], [0xED, 0xA0, 0x80]]
            as [[UInt8]]
        {
            #expect(check([0x22] + bytes + [0x22]).verdict == .valid)
            // The decoder starts anew at the quote: the string ends there, and what follows is outside.
            #expect(check([0x22] + bytes + [0x22, 0x22]).verdict == .invalid(offset: bytes.count + 2))
            #expect(check([0x22] + bytes + [0x0A, 0x22]).verdict == .invalid(offset: bytes.count + 1))
            #expect(check([0x22] + bytes + Array(#"\n""#.utf8)).verdict == .valid)
            #expect(check(bytes).verdict == .invalid(offset: 0))
            #expect(check([0x5B] + bytes + [0x5D]).verdict == .invalid(offset: 1))
        }
    }

    @Test(
        "what is not JSON is refused at the first byte that cannot be there",
        arguments: [
            ("", 0), ("   ", 3), ("\u{FEFF}1", 0), ("\u{A0}1", 0), ("1\u{2028}", 1), ("\u{0B}1", 0), ("1 2", 2),
            ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[1}", 2), ("[", 1), ("]", 0), ("[1", 2), ("[1,", 3),
            (#"{"a":1,}"#, 7), (#"{"a" 1}"#, 5), ("{a:1}", 1), (#"{"a":1]"#, 6), (#"{"a"}"#, 4), (#"{"a":}"#, 5),
            ("{1:2}", 1),
            ("{,}", 1), ("{", 1), (#"{"a""#, 4), (#"{"a":"#, 5), ("{]", 1), ("[}", 1),
            ("01", 1), ("-01", 2), ("-", 1), ("+1", 0), ("1.", 2), (".5", 0), ("1.e5", 2), ("1e", 2), ("1e+", 3),
            ("-a", 1),
            ("1.5.5", 3), ("0x10", 1), ("1_000", 1), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1),
            ("tru", 3), ("trux", 3), ("truee", 4), ("True", 0), ("fals ", 4), ("nul", 3), ("nulL", 3), ("undefined", 0),
            (#"""#, 1), (#""a"#, 2), ("\"\n\"", 1), ("\"\u{00}\"", 1), ("\"\u{1F}\"", 1), (#""\"#, 2), (#""\x""#, 2),
            (#""\u12g4""#, 5), (#""\u12"#, 5), (#""\u12""#, 5), (#""\U0041""#, 2), ("'a'", 0), ("// x\n1", 0),
            ("1 /**/", 2),
        ])
    func refuses(text: String, offset: Int) {
        #expect(check(text).verdict == .invalid(offset: offset))
        // Far from the end, so that the sixteen-byte paths see it too.
        if !text.allSatisfy(\.isWhitespace), text.utf8.count > offset {
            let behind = String(repeating: " ", count: 40)
            let inFront = Array(String(repeating: " ", count: 40).utf8)
            #expect(check(inFront + Array((text + behind).utf8)).verdict == .invalid(offset: 40 + offset))
        }
    }

    @Test("a string's end, an escape and a control character are found wherever they lie among sixteen bytes")
    func findsSpecialBytesAtEveryOffset() {
        for length in 0..<70 {
            let run = String(repeating: "x", count: length)
            #expect(check("\"\(run)\"").verdict == .valid)
            #expect(check("\"\(run)\\n\(run)\"").verdict == .valid)
            #expect(check("\"\(run)\\q\(run)\"").verdict == .invalid(offset: length + 2))
            #expect(check("\"\(run)\u{1}\(run)\"").verdict == .invalid(offset: length + 1))
            #expect(check("\"\(run)\"\(run)x").verdict == .invalid(offset: length + 2))
            #expect(check(String(repeating: "\n ", count: length) + "1").verdict == .valid)
            #expect(check(String(repeating: " ", count: length) + "\u{0C}").verdict == .invalid(offset: length))
        }
    }

    @Test("every byte is judged as RFC 8259 says, alone, as white space and inside a string")
    func judgesEveryByte() {
        for byte in UInt8.min...UInt8.max {
            let isDigit = byte >= 0x30 && byte <= 0x39
            let isSpace = [0x20, 0x09, 0x0A, 0x0D].contains(byte)
            #expect((check([byte]).verdict == .valid) == isDigit)
            #expect((check([0x5B, byte, 0x5D]).verdict == .valid) == (isDigit || isSpace))
            #expect((check([0x22, byte, 0x22]).verdict == .valid) == (byte >= 0x20 && byte != 0x22 && byte != 0x5C))
            #expect((check([0x22, 0x5C, byte, 0x22]).verdict == .valid) == Array(#""\/bfnrt"#.utf8).contains(byte))
        }
    }
}

@Suite("Nesting")
struct NestingTests {
    @Test("as many levels as the limit are taken, one more is too deep, at the bracket that opens it")
    func holdsTheLimit() {
        for limit in [1, 2, 63, 64, 65, 127, 128, 129, 1_000, JSONChecker.defaultDepthLimit] {
            let arrays = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
            #expect(check(arrays, depthLimit: limit).verdict == .valid)
            #expect(check("[\(arrays)]", depthLimit: limit).verdict == .tooDeep(offset: limit))
            let objects = String(repeating: #"{"a":"#, count: limit) + "0" + String(repeating: "}", count: limit)
            #expect(check(objects, depthLimit: limit).verdict == .valid)
            #expect(check("{\"a\":\(objects)}", depthLimit: limit).verdict == .tooDeep(offset: limit * 5))
        }
        #expect(check("1", depthLimit: 0).verdict == .valid)
        #expect(check(" []", depthLimit: 0).verdict == .tooDeep(offset: 1))
    }

    @Test("by default 5,001 levels are taken and 10,001 refused, as nodeExposure does")
    func defaultLimit() {
        func nested(_ depth: Int) -> String {
            "{\"input\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(check(nested(5_000)).verdict == .valid)
        #expect(check(nested(10_000)).verdict == .tooDeep(offset: 9 + 9_999))
    }

    @Test("every level is closed by its own kind of bracket, across the 64 levels that fit one word")
    func remembersEveryKind() {
        // Which levels are objects follows no pattern that a misplaced bit could hide in.
        var random = SeededGenerator(seed: 7)
        let kinds = (0..<300).map { _ in random.below(2) == 0 }
        let opening = kinds.map { $0 ? #"{"k":"# : "[" }.joined()
        let closing = kinds.reversed().map { $0 ? "}" : "]" }
        #expect(check(opening + "0" + closing.joined()).verdict == .valid)
        for level in closing.indices {
            var wrong = closing
            wrong[level] = closing[level] == "}" ? "]" : "}"
            #expect(check(opening + "0" + wrong.joined()).verdict == .invalid(offset: opening.utf8.count + 1 + level))
        }
    }

    @Test("a check starts afresh, whatever the one before left open")
    func startsAfresh() {
        var checker = JSONChecker()
        var summary = JSONSummary()
        let unclosed = Array(String(repeating: #"{"input":["#, count: 200).utf8)
        #expect(checker.check(unclosed.span, member: .input, into: &summary) == .invalid(offset: unclosed.count))
        let deep = Array((String(repeating: "[", count: 200) + String(repeating: "]", count: 200)).utf8)
        #expect(checker.check(deep.span, member: .input, into: &summary) == .valid)
        #expect(summary.member == nil && !summary.isObject)
    }
}
