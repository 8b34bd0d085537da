import Settings
import Testing

@Suite("where a value comes from")
struct PrecedenceTests {
    let everywhere = Situation(
        arguments: ["--socket", "/s", "--header-timeout", "1s"],
        environment: ["RUNNER_SIDECAR_HEADER_TIMEOUT": "2s", "RUNNER_SIDECAR_CONFIG": "/c"],
        files: ["/c": "header-timeout: 3s"])

    @Test("a flag rules over environment, file and default")
    func flagFirst() throws {
        let configuration = try everywhere.served()
        #expect(configuration.headerTimeoutMilliseconds == 1000)
        #expect(configuration.source(of: "header-timeout") == .flag(name: "header-timeout"))
    }

    @Test("the environment rules over file and default")
    func environmentSecond() throws {
        var situation = everywhere
        situation.arguments = ["--socket", "/s"]
        let configuration = try situation.served()
        #expect(configuration.headerTimeoutMilliseconds == 2000)
        #expect(configuration.source(of: "header-timeout") == .environment(name: "RUNNER_SIDECAR_HEADER_TIMEOUT"))
    }

    @Test("the file rules over the default")
    func fileThird() throws {
        var situation = everywhere
        situation.arguments = ["--socket", "/s"]
        situation.environment["RUNNER_SIDECAR_HEADER_TIMEOUT"] = nil
        let configuration = try situation.served()
        #expect(configuration.headerTimeoutMilliseconds == 3000)
        #expect(configuration.source(of: "header-timeout") == .file(key: "header-timeout"))
    }

    @Test("what nobody set is the default, and what the app may announce is left open")
    func defaults() throws {
        let configuration = try flags().served()
        #expect(configuration.listen.map { $0.text } == ["127.0.0.1:7071"])
        #expect(configuration.basePath == nil)
        #expect(configuration.corsOrigins == nil)
        #expect(configuration.tokenHeader == nil)
        #expect(configuration.source(of: "listen") == .standard)
    }

    @Test("a problem in a value that is overridden is no problem")
    func overriddenProblem() throws {
        var situation = everywhere
        situation.environment["RUNNER_SIDECAR_HEADER_TIMEOUT"] = "soon"
        #expect(try situation.served().headerTimeoutMilliseconds == 1000)
    }

    @Test("a port alone, and the default port, listen where --listen-host says; an address is left as it is")
    func listenHost() throws {
        var situation = flags("--listen-host", "0.0.0.0")
        #expect(try situation.served().listen.map { $0.text } == ["0.0.0.0:7071"])
        situation.environment["PORT"] = "8080"
        #expect(try situation.served().listen.map { $0.text } == ["0.0.0.0:8080"])
        situation.environment["RUNNER_SIDECAR_LISTEN"] = "9000, 127.0.0.1:9001"
        #expect(try situation.served().listen.map { $0.text } == ["0.0.0.0:9000", "127.0.0.1:9001"])
        #expect(try flags("--listen-host=::", "--listen=80").served().listen.map { $0.text } == ["[::]:80"])
        #expect(flags("--listen-host", "a.example").problems().first?.contains("must be an IP address") == true)
    }

    @Test("the names that migrating apps use are understood, and our own rule over them")
    func legacyNames() throws {
        var situation = flags()
        situation.environment = [
            "PORT": "8080", "BASE_PATH": "/api/", "CORS_ORIGINS": "https://a.example, https://b.example",
        ]
        let configuration = try situation.served()
        #expect(configuration.listen.map { $0.text } == ["127.0.0.1:8080"])
        #expect(configuration.basePath == "/api")
        #expect(configuration.corsOrigins == ["https://a.example", "https://b.example"])
        situation.environment["RUNNER_SIDECAR_LISTEN"] = "9090"
        #expect(try situation.served().listen.map { $0.text } == ["127.0.0.1:9090"])
    }

    @Test("an empty environment variable counts as not set")
    func emptyEnvironment() throws {
        var situation = flags()
        situation.environment = ["PORT": "", "RUNNER_SIDECAR_LOG_LEVEL": ""]
        #expect(try situation.served() == flags().served())
    }
}

@Suite("the command line")
struct CommandLineTests {
    @Test("--name value and --name=value mean the same")
    func bothForms() throws {
        #expect(try flags("--in-flight", "7").served() == flags("--in-flight=7").served())
    }

    @Test("a list grows by repetition and by commas")
    func lists() throws {
        let configuration = try flags("--listen", "127.0.0.1:1,127.0.0.1:2", "--listen=[::1]:3").served()
        #expect(configuration.listen.map { $0.text } == ["127.0.0.1:1", "127.0.0.1:2", "[::1]:3"])
    }

    @Test("of a repeated single value the last rules")
    func lastRules() throws {
        #expect(try flags("--in-flight", "7", "--in-flight", "8").served().inFlightLimit == 8)
    }

    @Test("an on/off option needs no value, and takes one")
    func switches() throws {
        #expect(try flags("--exit-with-parent", "--trace").served().exitsWithParent)
        #expect(try flags("--trace", "off").served().trace == false)
        #expect(try flags("--trace=off").served().trace == false)
        #expect(try flags("--trace", "on").served().trace)
    }

    @Test("help and version are given however wrong the rest is")
    func helpAlways() {
        #expect(Situation(arguments: ["--nonsense", "--help"]).resolve() == .success(.help(.overview)))
        #expect(Situation(arguments: ["frobnicate", "-V"]).resolve() == .success(.version))
    }

    @Test("where the app brings the front along, defaults are others, and say that they are")
    func embeddedDefaults() throws {
        let embedded = try Situation(arguments: ["--bridge-fd", "3,5"]).served()
        #expect(embedded.isEmbedded)
        #expect(embedded.admin == nil)
        #expect(embedded.loops == 2)
        #expect(embedded.source(of: "admin") == .embedded)
        #expect(embedded.report().contains("admin: off  # default with --bridge-fd"))
        #expect(embedded.report().contains("loops: 2  # default with --bridge-fd"))

        let told = try Situation(arguments: ["--bridge-fd", "3", "--admin", "127.0.0.1:7072"]).served()
        #expect(told.admin == Configuration().admin)
        #expect(told.source(of: "admin") == .flag(name: "admin"))

        let separate = try flags().served()
        #expect(!separate.isEmbedded)
        #expect(separate.admin != nil)
        #expect(separate.source(of: "admin") == .standard)
    }

    @Test("what does not go with inherited descriptors is refused, with the remedy")
    func embeddedMistakes() {
        #expect(
            Situation(arguments: ["--bridge-fd", "3", "--loops", "4"]).problems() == [
                "--loops 4 does not fit 1 --bridge-fd: each inherited descriptor has a loop of its own. Leave --loops out"
            ])
        #expect(
            Situation(arguments: ["--bridge-fd", "3", "--control-fd", "3"]).problems() == [
                "--control-fd and --bridge-fd are both 3. Give each a descriptor of its own"
            ])
    }

    @Test("in a small container the memory that nobody spoke of fits, and says why it is what it is")
    func memoryDefaults() throws {
        var small = flags("--queue-bytes", "100MiB")
        small.memoryLimitBytes = 256 << 20
        let configuration = try small.served()
        #expect(configuration.unreadBytes == 64 << 20)
        #expect(configuration.queueBytes == 100 << 20)
        #expect(
            configuration.report().contains("unread-bytes: 64MiB  # default within a memory limit of 256MiB"))

        var large = flags()
        large.memoryLimitBytes = 64 << 30
        #expect(try large.served() == flags().served())
    }

    @Test("each command is understood")
    func commands() throws {
        let configuration = try flags().served()
        #expect(
            Situation(arguments: ["serve", "--socket=/run/bridge.sock"]).resolve() == .success(.serve(configuration)))
        #expect(
            Situation(arguments: ["check-config", "--socket=/run/bridge.sock"]).resolve()
                == .success(.checkConfig(configuration)))
        #expect(
            Situation(arguments: ["healthcheck", "--admin", "[::1]:9"]).resolve()
                == .success(.healthcheck(admin: ListenAddress("[::1]:9")!)))
        #expect(Situation(arguments: ["options", "--format", "schema"]).resolve() == .success(.options(.schema)))
        #expect(Situation(arguments: ["options"]).resolve() == .success(.options(.markdown)))
        if case .success(.printConfig) = Situation(arguments: ["--print-config"]).resolve() {
        } else {
            Issue.record("--print-config must work before a socket is decided")
        }
    }

    @Test(
        "a misspelt option is refused with the likely one",
        arguments: [
            ("--lisen", "--listen"), ("--task-timout", "--task-timeout"), ("--soket", "--socket"),
            ("--cors-origin", "--cors-origins"),
            ("--hlep", "--help"),
        ])
    func suggestions(_ given: String, _ meant: String) {
        #expect(flags(given).problems() == ["there is no option \"\(given)\". Did you mean \(meant)?"])
    }

    @Test("a misspelt command is refused with the likely one")
    func commandSuggestion() {
        #expect(
            Situation(arguments: ["check-confg", "--socket=/s"]).problems() == [
                "there is no command \"check-confg\". Did you mean check-config?"
            ])
    }

    @Test("a name like no other gets no far-fetched suggestion")
    func noSuggestion() {
        #expect(flags("--zzzzzzzz").problems() == ["there is no option \"--zzzzzzzz\". --help lists them"])
    }

    @Test("every problem is reported at once")
    func allProblems() {
        let situation = Situation(
            arguments: ["--listen", "nowhere", "--nope", "--in-flight", "many", "stray"],
            environment: ["RUNNER_SIDECAR_LOG_LEVEL": "loud", "RUNNER_SIDECAR_CONFIG": "/c"], files: ["/c": "trce: on"])
        let problems = situation.problems()
        #expect(problems.count == 7)
        for expected in [
            "--listen", "\"--nope\"", "--in-flight", "\"stray\"", "RUNNER_SIDECAR_LOG_LEVEL", "\"trce\"",
            "--socket is required",
        ] {
            #expect(problems.contains { $0.contains(expected) }, "\(expected) in \(problems)")
        }
    }

    @Test("a file that could not be read or understood is the only problem: what it may have said is not missed")
    func unreadFile() {
        for (file, problem) in [(nil, "no such file"), ("x: [", "line 1"), ("{\"a\": 1,\n}", "line 2")] {
            var situation = Situation(arguments: ["--config", "/c"])
            situation.files["/c"] = file
            let problems = situation.problems()
            #expect(problems.count == 1 && problems[0].contains(problem), "\(problems)")
        }
    }

    @Test("a missing value is said, and the next option still counts")
    func missingValue() {
        #expect(flags("--in-flight", "--queue-limit", "x").problems().count == 2)
    }

    @Test("hostile words end in problems, never in a crash, and cannot write control characters to the terminal")
    func hostile() {
        let words = [
            "--", "-", "---", "--=", "--=x", "--listen=", "\u{1b}[2J", "--\u{0}", "--in-flight=99999999999999999999999",
            "--body-limit=9223372036854775807GiB", "--task-timeout=-1s", "--listen=[::1]", "--listen=[[::1]]:1",
            "--socket=\u{0}",
            String(repeating: "-", count: 100_000), "--" + String(repeating: "é", count: 50_000),
            "--socket=" + String(repeating: "s", count: 108), "--trusted-peers=1.2.3.4/33", "--socket-mode=0999",
        ]
        for word in words {
            let problems = flags(word).problems()
            #expect(!problems.isEmpty, "\(word.prefix(40))")
            #expect(!problems.joined().unicodeScalars.contains { $0.value < 0x20 })
            #expect(problems.joined().utf8.count < 1000)
        }
    }
}

@Suite("what no value shows by itself")
struct TogetherTests {
    @Test("serving needs a socket or an inherited descriptor")
    func needsBridge() {
        #expect(Situation().problems().count == 1)
        #expect(Situation(arguments: ["--bridge-fd", "3"]).problems() == [])
    }

    @Test("an address is not listened on twice")
    func addressTwice() {
        #expect(flags("--listen", "7071,127.0.0.1:7071").problems().count == 1)
        #expect(flags("--listen", "7072").problems().count == 1)
        #expect(flags("--listen", "7072", "--admin", "off").problems() == [])
        #expect(flags("--listen", "127.0.0.1:0,127.0.0.1:0").problems() == [])
    }

    @Test("a healthcheck with the admin listener off says so")
    func healthcheckOff() {
        #expect(Situation(arguments: ["healthcheck", "--admin", "off"]).problems().count == 1)
    }
}

@Suite("names in the environment")
struct EnvironmentNameTests {
    /// Serving, with these variables there.
    private func problems(_ names: String...) -> [String] {
        var situation = flags()
        for name in names { situation.environment[name] = "tcp://10.0.0.1:7071" }
        return situation.problems()
    }

    @Test("a variable that is nearly an option's is refused, with the one that was meant")
    func misspelt() {
        #expect(
            problems("RUNNER_SIDECAR_IDLE_TIMOUT") == [
                "there is no variable \"RUNNER_SIDECAR_IDLE_TIMOUT\". Did you mean RUNNER_SIDECAR_IDLE_TIMEOUT?"
            ])
        #expect(problems("RUNNER_SIDECAR_TOKEN_FILES", "RUNNER_SIDECAR_LOGLEVEL").count == 2)
        #expect(problems("RUNNER_SIDECAR_CONFG").count == 1)
    }

    @Test(
        "variables of others are left alone: the shim's, and what Kubernetes makes of Services with our name",
        arguments: [
            "RUNNER_SIDECAR_BINARY", "RUNNER_SIDECAR_WORKERS", "RUNNER_SIDECAR_DRAIN_SECONDS", "RUNNER_SIDECAR_SHIM",
            "RUNNER_SIDECAR_PORT", "RUNNER_SIDECAR_PORT_7071_TCP_ADDR", "RUNNER_SIDECAR_SERVICE_HOST",
            "RUNNER_SIDECAR_SERVICE_PORT_HTTP", "RUNNER_SIDECAR_ADMIN_PORT", "RUNNER_SIDECAR_ADMIN_SERVICE_HOST",
            "RUNNER_SIDECARS", "PATH",
        ])
    func foreign(_ name: String) {
        #expect(problems(name) == [])
    }
}

@Suite("tokens")
struct TokenTests {
    @Test("tokens of option and file open together; blank lines and line ends do not count")
    func tokenFile() throws {
        var situation = flags("--token", "a,b", "--token-file", "/t")
        situation.files["/t"] = "\n  c \r\nd\n\n"
        #expect(try situation.served().acceptedTokens == ["a", "b", "c", "d"])
    }

    @Test("a token file that is missing, empty or unreadable as tokens refuses the start: it must not open the door")
    func badTokenFile() {
        for content in [nil, "", "\n \n", "good\nb\u{7}d", "ключ"] {
            var situation = flags("--token-file", "/t")
            situation.files["/t"] = content
            #expect(situation.problems().count == 1)
        }
    }

    @Test("a wrong token is refused without being shown")
    func hiddenToken() {
        let problems = flags("--token", "s3cret\u{7}").problems()
        #expect(problems.count == 1)
        #expect(!problems[0].contains("s3cret"))
    }
}
