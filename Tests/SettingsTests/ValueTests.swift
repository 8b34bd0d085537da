import Testing

@testable import Settings

@Suite("values")
struct ValueTests {
    @Test(
        "a time has a unit",
        arguments: [
            ("200ms", 200), ("5s", 5_000), ("2m", 120_000), ("1h", 3_600_000), ("0", 0), ("0s", 0), ("90s", 90_000),
        ])
    func durations(_ text: String, _ milliseconds: Int) {
        #expect(Quantity.milliseconds(text) == milliseconds)
    }

    @Test(
        "a time without a unit, or with a wrong one, is refused",
        arguments: ["5", "", "s", "5 s", "5S", "-5s", "1.5s", "+5s", "9223372036854775807h"])
    func badDurations(_ text: String) {
        #expect(Quantity.milliseconds(text) == nil)
    }

    @Test(
        "a size may have a unit",
        arguments: [
            ("512", 512), ("64KiB", 65_536), ("64kib", 65_536), ("8Mi", 8 << 20), ("1GiB", 1 << 30), ("10kB", 10_000),
            ("0", 0),
            ("7b", 7),
        ])
    func sizes(_ text: String, _ bytes: Int) {
        #expect(Quantity.bytes(text) == bytes)
    }

    @Test(
        "a size that is none is refused",
        arguments: ["", "KiB", "-1", "1 KiB", "1TiB", "0x10", "9223372036854775807KiB"])
    func badSizes(_ text: String) {
        #expect(Quantity.bytes(text) == nil)
    }

    @Test("a quantity is shown in the largest unit that holds it exactly, and reads back as itself")
    func quantityTexts() {
        #expect(Quantity.durationText(90_000) == "90s")
        #expect(Quantity.durationText(3_600_000) == "1h")
        #expect(Quantity.bytesText(16 << 10) == "16KiB")
        for value in [0, 1, 999, 1_000, 1_024, 60_000, 65_537, 1 << 20, 86_400_000] {
            #expect(Quantity.milliseconds(Quantity.durationText(value)) == value)
            #expect(Quantity.bytes(Quantity.bytesText(value)) == value)
        }
    }

    @Test("a limit is named with its bounds when a value is outside")
    func bounds() {
        #expect(flags("--header-timeout", "5h").problems() == ["--header-timeout: \"5h\" must be from 100ms to 1h"])
        #expect(flags("--in-flight", "0").problems() == ["--in-flight: \"0\" must be a whole number from 1 to 1000000"])
        #expect(flags("--body-limit", "61MiB").problems() == ["--body-limit: \"61MiB\" must be from 1KiB to 60MiB"])
    }

    @Test("the task timeout can be turned off in words and with 0")
    func off() throws {
        #expect(try flags("--task-timeout", "off").served().taskTimeoutMilliseconds == 0)
        #expect(try flags("--task-timeout", "0").served().taskTimeoutMilliseconds == 0)
        #expect(try flags("--task-timeout", "30s").served().taskTimeoutMilliseconds == 30_000)
    }

    @Test(
        "kinds with a shape of their own",
        arguments: [
            ("--access-log=1/100", true), ("--access-log=all", true), ("--access-log=1/0", false),
            ("--access-log=0.5", false),
            ("--socket-mode=0660", true), ("--socket-mode=660", true), ("--socket-mode=7777", false),
            ("--socket-mode=+66", false),
            ("--cors-origins=https://a.example:8443", true), ("--cors-origins=*", true), ("--cors-origins=null", true),
            ("--cors-origins=https://a.example/", false), ("--cors-origins=a.example", false),
            ("--cors-origins=https://", false),
            ("--token-header=X-Runner-Token", true), ("--token-header=x token", false), ("--token-header=x:y", false),
            ("--base-path=/__runner/", true), ("--base-path=/", true), ("--base-path=api", false),
            ("--base-path=/a?b", false),
            ("--loops=auto", true), ("--loops=2", true), ("--loops=0", false), ("--admin=off", true),
            ("--bridge-fd=2", false),
            ("--admin-host=sidecar", true), ("--admin-host=a.monitoring.svc.,b_1", true), ("--admin-host=*", true),
            ("--admin-host=sidecar:7072", false), ("--admin-host=http://sidecar", false), ("--admin-host=.", false),
            ("--admin-host=*.example", false),
            ("--log-level=warning", true), ("--log-level=warn", false), ("--socket-allow-uid=4294967295", false),
        ])
    func shapes(_ flag: String, _ isAccepted: Bool) {
        #expect(flags(flag).problems().isEmpty == isAccepted, "\(flags(flag).problems())")
    }
}

@Suite("addresses")
struct AddressTests {
    @Test(
        "listen addresses are read and shown",
        arguments: [
            ("7071", "127.0.0.1:7071"), ("localhost:7071", "127.0.0.1:7071"), ("0.0.0.0:0", "0.0.0.0:0"),
            ("[::1]:65535", "[::1]:65535"),
            ("[2001:DB8:0:0:1:0:0:1]:80", "[2001:db8::1:0:0:1]:80"), ("[::]:80", "[::]:80"),
        ])
    func listen(_ given: String, _ shown: String) {
        #expect(ListenAddress(given)?.text == shown)
    }

    @Test(
        "what is no listen address is refused",
        arguments: [
            "", ":", ":80", "host:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+80", "::1:80",
            "[127.0.0.1]:80",
            "[::1:80", "::1]:80", "1.2.3:80", "01.2.3.4:80", "256.1.1.1:80", "[::1]80", "[1::2::3]:80",
            "[1:2:3:4:5:6:7]:80",
            "[1:2:3:4:5:6:7:8:9]:80", "[12345::]:80", "[::g]:80", "[:1::]:80", "[1:]:80", "[fe80::1%eth0]:80",
            "[::1.2.3.4.5]:80",
        ])
    func refused(_ given: String) {
        #expect(ListenAddress(given) == nil)
    }

    @Test(
        "every spelling of an IPv6 address is the same address",
        arguments: [
            "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:0db8:0000::0001", "2001:db8::0.0.0.1",
        ])
    func spellings(_ text: String) {
        #expect(IPAddress(text)?.text == "2001:db8::1")
    }

    @Test("an IPv4 peer seen through a dual-stack socket is an IPv4 peer")
    func mapped() {
        #expect(IPAddress("::ffff:10.1.2.3") == IPAddress("10.1.2.3"))
        #expect(AddressBlock("10.0.0.0/8")!.contains(IPAddress("::ffff:10.1.2.3")!))
    }

    @Test(
        "a block holds what its leading bits say",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("0.0.0.0/0", "1.2.3.4", true),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false), ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe00::1", false), ("2001:db8::/65", "2001:db8::1", true),
            ("2001:db8::/65", "2001:db8::8000:0:0:0", false),
            ("::1", "::1", true), ("::/0", "1.2.3.4", false), ("0.0.0.0/0", "::1", false),
        ])
    func blocks(_ block: String, _ address: String, _ isInside: Bool) {
        #expect(AddressBlock(block)!.contains(IPAddress(address)!) == isInside)
    }

    @Test(
        "what is no block is refused",
        arguments: ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "ten"])
    func badBlocks(_ text: String) {
        #expect(AddressBlock(text) == nil)
    }
}
