import Bytes
import JSONCheck
import Testing

@Suite("What is found on the way")
struct JSONSummaryTests {
    @Test("the member asked for is found, without the white space around it")
    func findsTheMember() {
        #expect(memberText(#"{"input":{"a":5,"b":3}}"#) == #"{"a":5,"b":3}"#)
        #expect(memberText("{ \"a\" : 1 , \"input\" :\n [ 1 ] \t, \"b\" : 2 }") == "[ 1 ]")
        #expect(memberText(#"{"payload":1,"input":"x"}"#, .payload) == "1")
        #expect(memberText(#"{"payload":1,"input":"x"}"#, .input) == #""x""#)
        for value in ["0", "-1.5e3", "true", "null", #""""#, "[]", "{}", #"{"input":7}"#] {
            #expect(memberText("{\"input\": \(value) }") == value)
        }
    }

    @Test("of several the last wins, as in JSON.parse")
    func lastOneWins() {
        #expect(memberText(#"{"input":1,"input":[2]}"#) == "[2]")
        #expect(memberText(#"{"input":1,"\u0069nput":2,"b":0}"#) == "2")
    }

    @Test(
        "every escaped spelling of the key counts",
        arguments: [
            #"\u0069nput"#, #"inpu\u0074"#, #"\u0069\u006e\u0070\u0075\u0074"#, #"\u0069\u006E\u0070ut"#,
        ])
    func escapedSpellings(key: String) { #expect(memberText("{\"\(key)\":5}") == "5") }

    @Test(
        "a key that only resembles it does not count",
        arguments: [
            "inputs", "inpu", "Input", "input ", " input", "", #"inpu\t"#, #"input\u0000"#, #"\\u0069nput"#, "ïnput",
            #"\u00e9nput"#,
            "payload", #"input\u0069\u0069\u0069\u0069\u0069\u0069\u0069\u0069"#,
        ])
    func resemblingKeys(key: String) { #expect(memberText("{\"\(key)\":5}") == nil) }

    @Test("only the top-level object's own member counts")
    func onlyTopLevel() {
        #expect(memberText(#"{"a":{"input":1}}"#) == nil)
        #expect(memberText(#"[{"input":1}]"#) == nil)
        #expect(memberText(#"{"a":["input",{"input":1}],"b":"input"}"#) == nil)
        #expect(memberText(#"{"input":{"input":1},"a":{"input":2}}"#) == #"{"input":1}"#)
        #expect(memberText(#""input""#) == nil)
    }

    @Test("the whole value is found without the white space around it, and whether it is an object")
    func findsTheValue() {
        #expect(check(" \n {\"a\": 1}\t").summary.value == ByteRange(offset: 3, length: 8))
        #expect(check("5").summary.value == ByteRange(offset: 0, length: 1))
        #expect(check(" {} ").summary.isObject)
        for text in ["[]", "[{}]", "1", "null", #""{}""#] { #expect(!check(text).summary.isObject) }
    }

    @Test("one byte from 0x80 up, wherever it stands, makes a text not ASCII")
    func tellsASCII() {
        #expect(check(#"{"a":"\u00e9","b":"~"}"#).summary.isASCII)
        for length in 0..<40 {
            let run = String(repeating: "x", count: length)
            #expect(check("\"\(run)\"").summary.isASCII)
            for text in ["\"\(run)é\"", "[\"é\(run)\"]", "{\"é\(run)\":1}", "{\"a\":{\"\(run)é\":1},\"b\":\"\(run)\"}"]
            {
                let (verdict, summary) = check(text)
                #expect(verdict == .valid && !summary.isASCII)
            }
        }
        #expect(!check([0x22, 0x80, 0x22]).summary.isASCII)
    }

    @Test(
        "a key that begins with $ or is __proto__ is seen at any depth, in any spelling",
        arguments: [
            "$date", "$", #"\u0024oid"#, #"$\n"#, "__proto__", #"__prot\u006f__"#, #"\u005f\u005F\u0070\u0072oto__"#,
        ])
    func seesDollarKeys(key: String) {
        let top = check("{\"\(key)\":1}").summary
        #expect(!top.isPlain && top.needsWhole)
        for text in [
            "{\"a\":{\"\(key)\":1}}", "[{\"\(key)\":1}]", "{\"input\":[[{\"b\":0,\"\(key)\":1}]]}",
            // An object that vanishes under its duplicate was in the text all the same.
            "{\"a\":{\"\(key)\":1},\"a\":2}",
        ] {
            let nested = check(text).summary
            // Beside the member asked for it is the serializer's as well: it may refuse the body for it.
            #expect(!nested.isPlain && nested.needsWhole == !text.hasPrefix("{\"input\""), "\(text)")
        }
    }

    @Test(
        "what only resembles such a key is none",
        arguments: [
            "a$", " $", #"\\u0024"#, "__proto", "__proto___", "_proto__", "__Proto__", "___proto__", "_", "", "£",
            #"\u0124"#, #"\u2400"#,
        ])
    func sparesOtherKeys(key: String) {
        let (verdict, summary) = check("{\"\(key)\":\"$date\",\"b\":[\"$\",\"__proto__\"]}")
        #expect(verdict == .valid && summary.isPlain && !summary.needsWhole)
    }

    @Test("nothing of an earlier text is left in a summary that is used again")
    func overwritesTheSummary() {
        var checker = JSONChecker()
        var summary = JSONSummary()
        let rich = Array(#"{"$a":"é","input":1}"#.utf8)
        #expect(checker.check(rich.span, member: .input, into: &summary) == .valid)
        #expect(summary.member != nil && summary.needsWhole && !summary.isASCII)
        let plain = Array("[1]".utf8)
        #expect(checker.check(plain.span, member: .input, into: &summary) == .valid)
        var fresh = JSONSummary()
        fresh.value = ByteRange(offset: 0, length: 3)
        #expect(summary == fresh)
    }
}
