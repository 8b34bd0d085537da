import Testing

@testable import Settings

@Suite("settings of fair limits")
struct FairLimitSettingsTests {
    @Test("a rate is a number and a period", arguments: ["100/s", "1/h", "1000000/m"])
    func rates(text: String) { #expect(RequestRate(text)?.text == text) }

    @Test(
        "anything else is no rate, and the message shows one",
        arguments: ["100", "0/s", "-1/s", "1/d", "1/S", "1.5/s", "/s", "1/", "1/s/s", "1000001/s", "+1/s", " 1/s"])
    func badRates(text: String) {
        let problems = flags("--rate-limit", text).problems()
        #expect(problems.count == 1)
        #expect(problems[0].contains("such as 100/s or 6000/h; or off"))
    }

    @Test("off is the default, and can be asked for")
    func off() throws {
        #expect(try flags().served().rateLimit == nil)
        #expect(try flags("--rate-limit", "off", "--client-in-flight", "off").served().clientInFlight == nil)
    }

    @Test("a burst without a rate is a mistake, and says what to add")
    func burst() throws {
        #expect(try flags("--rate-limit", "5/s", "--rate-burst", "20").served().rateBurst == 20)
        let problems = flags("--rate-burst", "20").problems()
        #expect(problems.count == 1)
        #expect(problems[0].contains("--rate-limit 100/s"))
    }

    @Test("tasks have a number each, or one of their own")
    func tasks() throws {
        let limits = try flags("--task-in-flight", "100,app.report=4", "--task-in-flight", "a=b=2").served().taskLimits
        #expect(limits.map { $0.text } == ["100", "app.report=4", "a=b=2"])
        #expect(limits.map { $0.id } == [nil, "app.report", "a=b"])
        for bad in ["", "0", "=4", "app=", "app=x", "65536", "app=-1"] {
            #expect(TaskLimit(bad) == nil, "\(bad)")
        }
        #expect(flags("--task-in-flight", "1,2").problems().count == 1)
        #expect(flags("--task-in-flight", "a=1,a=2").problems().count == 1)
    }

    @Test("clients are told apart by address or token, and by nothing else")
    func identity() throws {
        #expect(try flags("--limit-by", "token").served().limitBy == .token)
        #expect(flags("--limit-by", "cookie").problems().count == 1)
    }
}
