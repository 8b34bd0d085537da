import Testing

@testable import Settings

@Suite("the configuration file")
struct ConfigFileTests {
    func serve(_ file: String) -> Situation {
        Situation(arguments: ["--socket=/s", "--config=/c"], files: ["/c": file])
    }

    @Test("flat YAML sets options: plain, quoted, lists of both kinds, comments")
    func yaml() throws {
        let file = """
            ---
            # at night
            listen:
              - 127.0.0.1:1   # one
              - "[::1]:2"
            cors-origins: [*, 'https://a.example', "https://b.example"] # two
            in-flight: 9
            trace: on
            body-limit: 1MiB\r
            token: 'it''s # no comment'

            """
        let configuration = try serve(file).served()
        #expect(configuration.listen.map { $0.text } == ["127.0.0.1:1", "[::1]:2"])
        #expect(configuration.corsOrigins == ["*", "https://a.example", "https://b.example"])
        #expect(configuration.inFlightLimit == 9)
        #expect(configuration.trace)
        #expect(configuration.bodyLimitBytes == 1 << 20)
        #expect(configuration.tokens == ["it's # no comment"])
    }

    @Test("an unknown key is an error with a suggestion and its line")
    func unknownKey() {
        #expect(
            serve("trace: on\nin-fligt: 3").problems() == [
                "\"/c\" line 2: there is no option \"in-fligt\". Did you mean in-flight?"
            ])
    }

    @Test("a wrong value names file, line and key")
    func wrongValue() {
        #expect(
            serve("in-flight: none").problems() == [
                "\"/c\" line 1, in-flight: \"none\" must be a whole number from 1 to 1000000"
            ])
    }

    @Test(
        "YAML beyond flat options is refused with its line, never guessed at",
        arguments: [
            "listen:\n  host: x", "  trace: on", "\ttrace: on", "trace: &a on", "trace: *a", "trace: |\n  on", "- a",
            "trace: on\n- a",
            "trace:on", "trace", "trace: on\ntrace: off", "token: \"a", "token: \"\\q\"", "listen: [1, 2",
            "listen: [1 2] 3",
            "listen: [,]", "trace: {a: b}", "trace: \"on\" off", "? a", "token: a: b", "listen:\n  -", ": x",
            "\"a\"b: c",
        ])
    func refusedYAML(_ text: String) {
        #expect(serve(text).problems().count == 1, "\(serve(text).problems())")
    }

    @Test("JSON sets options: texts, numbers, truths and lists")
    func json() throws {
        let file =
            #" { "listen": ["127.0.0.1:1", "[::1]:2"], "in-flight": 9, "trace": true, "socket-allow-uid": [5, 6],"#
            + #" "base-path": "\/a", "task-timeout": "90s" }"#
        let configuration = try serve(file).served()
        #expect(configuration.listen.map { $0.text } == ["127.0.0.1:1", "[::1]:2"])
        #expect(configuration.inFlightLimit == 9)
        #expect(configuration.trace)
        #expect(configuration.socketAllowedUserIDs == [5, 6])
        #expect(configuration.basePath == "/a")
        #expect(configuration.taskTimeoutMilliseconds == 90_000)
        #expect(configuration.source(of: "trace") == .file(key: "trace"))
    }

    @Test(
        "JSON that is broken, nested, or says a thing twice is refused",
        arguments: [
            #"{"trace": {"on": true}}"#, #"{"listen": [["a"]]}"#, #"{"trace": null}"#,
            #"{"trace": true, "trace": false}"#, "{",
            #"{"trace": true,}"#, #"{"in-flight": 1.5}"#, #"{"tracee": true}"#, "{]", #"{"trace": true} x"#,
        ])
    func refusedJSON(_ text: String) {
        #expect(serve(text).problems().count == 1, "\(serve(text).problems())")
    }

    @Test("a file that cannot be read refuses the start")
    func missing() {
        let problems = Situation(arguments: ["--socket=/s", "--config=/nowhere"]).problems()
        #expect(problems == ["\"/nowhere\": cannot be read: no such file. Check the path given with --config"])
    }

    @Test("an empty file sets nothing")
    func empty() throws {
        for text in ["", "\n\n", "# nothing", "\u{feff}"] {
            #expect(try serve(text).served().source(of: "listen") == .standard)
        }
    }

    @Test("random bytes are refused or read, never a crash")
    func randomBytes() {
        var generator = SeededGenerator(seed: 0x5eed)
        let alphabet = Array("{}[]\":,#-'&*\\ \n\r\tlisten0\u{0}é".utf8)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0..<60, using: &generator)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator)! }
            _ = ConfigFile.read(bytes.span, name: "seed 0x5eed")
        }
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
