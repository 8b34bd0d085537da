import Testing

@testable import Settings

@Suite("where clients connect")
struct ListenTargetTests {
    @Test(
        "addresses, socket files and systemd's sockets are told apart, and written as they were given",
        arguments: [
            ("7071", "127.0.0.1:7071"), ("[::1]:80", "[::1]:80"),
            ("unix:/run/app/http.sock", "unix:/run/app/http.sock"),
            ("unix:http.sock", "unix:http.sock"), ("systemd", "systemd"), ("systemd:web", "systemd:web"),
        ])
    func readable(given: String, shown: String) { #expect(ListenTarget(given)?.text == shown) }

    @Test(
        "anything else is refused",
        arguments: ["", "unix:", "unix", "systemd:", "systemd: x", "Systemd", "fd:3", "unix:\0", "localhost"])
    func unreadable(given: String) { #expect(ListenTarget(given) == nil) }

    @Test("a path is no longer than a socket's address holds")
    func longest() {
        let longest = "unix:/" + String(repeating: "x", count: 106)
        #expect(ListenTarget(longest) != nil)
        #expect(ListenTarget(longest + "x") == nil)
        let problems = flags("--listen", longest + "x").problems()
        #expect(problems.count == 1)
        #expect(problems[0].contains("must be unix: and a path of 1 to 107 bytes, such as unix:/run/app/http.sock"))
    }

    @Test("several places may be given, each once")
    func several() throws {
        let listen = try flags("--listen", "7071,unix:/run/a", "--listen", "systemd:web").served().listen
        #expect(listen.map { $0.text } == ["127.0.0.1:7071", "unix:/run/a", "systemd:web"])
        #expect(flags("--listen", "unix:/run/a,unix:/run/a").problems().count == 1)
        #expect(flags("--listen", "systemd,systemd:web").problems().count == 1)
        #expect(flags("--listen", "unix:/run/bridge.sock").problems().count == 1, "the bridge's own path")
    }

    @Test("a proxy is trusted by address, or as a client of a Unix socket")
    func trusted() throws {
        let configuration = try flags("--trusted-peers", "10.0.0.0/8,unix").served()
        #expect(configuration.trustedBlocks.map { $0.text } == ["10.0.0.0/8"])
        #expect(configuration.trustsUnixSocketPeers)
        #expect(flags("--trusted-peers", "unix:/run/a").problems().count == 1)
    }

    @Test("the PROXY protocol without anybody to believe is a mistake, and says what to add")
    func proxyProtocol() throws {
        #expect(try flags("--proxy-protocol", "--trusted-peers", "unix").served().proxyProtocol)
        let problems = flags("--proxy-protocol", "on").problems()
        #expect(problems.count == 1)
        #expect(problems[0].contains("--trusted-peers 10.0.0.0/8"))
    }
}
