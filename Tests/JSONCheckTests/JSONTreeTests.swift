import Bytes
import Foundation
import JSONCheck
import Testing

private func tree(_ text: String) throws -> JSONTree { try JSONTree(parsing: Array(text.utf8).span) }

private func rewritten(_ text: String) throws -> String {
    String(decoding: JSONCheckTests.text(of: try tree(text)), as: UTF8.self)
}

@Suite("Trees for handshakes and configuration")
struct JSONTreeTests {
    @Test("a text becomes the tree it spells")
    func reads() throws {
        let read = try tree(#" { "a" : [ 1 , -2.5 , true , null ] , "b" : { } , "c" : "x\n\u00e9" , "d" : [ ] } "#)
        #expect(
            read
                == .object([
                    .init("a", .array([.integer(1), .number(-2.5), .bool(true), .null])), .init("b", .object([])),
                    .init("c", .string("x\né")), .init("d", .array([])),
                ]))
    }

    @Test("members are reached by key, values by type, and of duplicates the last one counts")
    func accessors() throws {
        let read = try tree(#"{"n":5,"f":5.0,"s":"x","b":false,"a":[1],"o":{"k":1},"z":null,"n":6}"#)
        #expect(read["n"]?.intValue == 6)
        #expect(read["f"]?.intValue == 5 && read["f"]?.doubleValue == 5)
        #expect(read["s"]?.stringValue == "x" && read["s"]?.intValue == nil)
        #expect(read["b"]?.boolValue == false && read["b"]?.stringValue == nil)
        #expect(read["a"]?.arrayValue == [.integer(1)])
        #expect(read["o"]?["k"]?.intValue == 1 && read["o"]?.objectValue?.count == 1)
        #expect(read["z"]?.isNull == true)
        #expect(read["missing"] == nil && read["s"]?["k"] == nil)
        #expect(try tree("1.5").intValue == nil && tree("1e300").intValue == nil)
    }

    @Test("numbers keep their value at the edges of Int and Double")
    func numbers() throws {
        #expect(try tree("9223372036854775807") == .integer(.max))
        #expect(try tree("-9223372036854775808") == .integer(.min))
        #expect(try tree("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try tree("1e999") == .number(.infinity) && tree("-1e999") == .number(-.infinity))
        #expect(try tree("1e-999") == .number(0) && tree("5e-324") == .number(.leastNonzeroMagnitude))
        #expect(try tree("-0").doubleValue?.sign == .minus)
        #expect(
            try rewritten("[5.0,-0,0.1,1e21,1e999,12345678901234567890]")
                == "[5,-0,0.1,1e+21,null,1.2345678901234567e+19]")
    }

    @Test("surrogate pairs join, surrogates without a partner and ill-formed bytes become U+FFFD")
    func strings() throws {
        #expect(try tree(#""\ud83d\ude00""#) == .string("😀"))
        #expect(try tree(#""\ud83dx""#) == .string("\u{FFFD}x"))
        #expect(try tree(#""\ud83d\n""#) == .string("\u{FFFD}\n"))
        #expect(try tree(#""\ude00\ud83d""#) == .string("\u{FFFD}\u{FFFD}"))
        #expect(try tree(#""\ud83d\ud83d\ude00""#) == .string("\u{FFFD}😀"))
        #expect(
            try JSONTree(parsing: ([0x22, 0xE2, 0x82, 0x41, 0xFF, 0x22] as [UInt8]).span)
                == .string("\u{FFFD}A\u{FFFD}"))
        // The escape's own bytes must not complete the sequence that was cut short.
        #expect(try JSONTree(parsing: ([0x22, 0xE2] + Array(#"\u0080""#.utf8)).span) == .string("\u{FFFD}\u{80}"))
    }

    @Test("what is written is what was read, in order and without white space")
    func writes() throws {
        let text = #"{"b":1,"a":["x\n\"\\",true,null,{}],"é":[],"b":2}"#
        #expect(try rewritten(text) == text)
    }

    @Test("a text that is not JSON is refused with the place and the reason")
    func refuses() throws {
        for (text, message) in [
            ("", "not JSON: the text ends too early, at offset 0"),
            (#"{"a":1,}"#, "not JSON: unexpected '}' at offset 7"),
            ("[1", "not JSON: the text ends too early, at offset 2"),
            ("\"\n\"", "not JSON: unexpected byte 0xa at offset 1"),
            (String(repeating: "[", count: 65), "nested deeper than 64 levels at offset 64"),
        ] {
            let error = #expect(throws: JSONTreeError.self) { try tree(text) }
            #expect(error?.description == message)
        }
        #expect(try tree(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)).arrayValue?.count == 1)
    }
}

@Suite("Strings as V8 writes them")
struct JSONTextTests {
    private func written(_ text: String) -> String {
        var buffer = ByteBuffer()
        JSONText.writeString(Array(text.utf8).span, into: &buffer)
        return String(decoding: buffer.bytes.copied(), as: UTF8.self)
    }

    @Test("only quotes, backslashes and control characters are escaped")
    func escapes() {
        #expect(written("") == #""""#)
        #expect(written("a\"b\\c/d") == #""a\"b\\c/d""#)
        #expect(written("\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{B}") == #""\b\f\n\r\t\u0000\u001f\u000b""#)
        #expect(written("\u{7F}é\u{2028}😀") == "\"\u{7F}é\u{2028}😀\"")
    }

    @Test("an escape is found wherever it lies among sixteen bytes")
    func escapesAtEveryOffset() {
        for length in 0..<40 {
            let run = String(repeating: "x", count: length)
            #expect(written(run) == "\"\(run)\"")
            #expect(written("\(run)\n\(run)\"") == "\"\(run)\\n\(run)\\\"\"")
        }
    }

    @Test(
        "every character is written as JSON.stringify writes it",
        .enabled(if: V8Oracle.nodePath != nil, "node is not on the PATH"))
    func agreesWithV8() throws {
        // Every code point of the basic plane but the surrogates, and one beyond it.
        let everything = String(String.UnicodeScalarView((0...0xFFFF).compactMap { UnicodeScalar($0) })) + "\u{1F600}"
        let script = """
            let text = '';
            for (let unit = 0; unit <= 0xffff; unit++) {
              if (unit < 0xd800 || unit > 0xdfff) text += String.fromCharCode(unit);
            }
            process.stdout.write(JSON.stringify(text + String.fromCodePoint(0x1f600)));
            """
        #expect(try V8Oracle.output(of: script) == Array(written(everything).utf8))
    }
}
