import Foundation
import Testing

@testable import Settings

@Suite("what is made from the table")
struct DocumentTests {
    @Test("every option is in --help, in the Markdown table and in the schema, with its default")
    func everyOptionEverywhere() throws {
        let summaries = HelpText.text(.serve)
        let help = HelpText.text(.allOptions)
        let markdown = OptionsDocument.text(.markdown)
        let schema = try JSONSerialization.jsonObject(with: Data(OptionsDocument.text(.schema).utf8)) as? [String: Any]
        let members = try #require(schema?["properties"] as? [String: Any])
        #expect(members.count == OptionTable.options.count)
        for option in OptionTable.options {
            #expect(help.contains("\n  --\(option.name) "))
            #expect(summaries.contains("\n  --\(option.name) "))
            #expect(summaries.contains(HelpText.firstSentence(of: option.help).split(separator: " ")[0]))
            #expect(markdown.contains("| `--\(option.name)` "))
            #expect(members[option.name] != nil)
        }
    }

    @Test("help fits a terminal of 100 columns")
    func helpWidth() {
        let topics: [HelpTopic] = [
            .overview, .serve, .checkConfig, .healthcheck, .options, .option(0),
        ]
        for line in topics.map({ HelpText.text($0) }).joined().split(separator: "\n") where line.count > 116 {
            Issue.record("\(line.count): \(line)")
        }
        // A screen each, but for the list of all options.
        for topic in topics where topic != .serve {
            #expect(HelpText.text(topic).split(separator: "\n", omittingEmptySubsequences: false).count <= 40)
        }
    }

    @Test("each command, and each option, has help of its own")
    func helpTopics() {
        func topic(_ arguments: String...) -> Result<Invocation, SettingsErrors> {
            Situation(arguments: arguments).resolve()
        }
        #expect(topic("--help") == .success(.help(.overview)))
        #expect(topic("help") == .success(.help(.overview)))
        #expect(topic("serve", "--help") == .success(.help(.serve)))
        #expect(topic("help", "healthcheck") == .success(.help(.healthcheck)))
        #expect(topic("check-config", "-h") == .success(.help(.checkConfig)))
        #expect(topic("options", "--help") == .success(.help(.options)))
        let listen = OptionTable.index(of: "listen")!
        for words in [["--help", "listen"], ["--help=listen"], ["--help", "--listen"], ["help", "listen"]] {
            #expect(Situation(arguments: words).resolve() == .success(.help(.option(listen))))
        }
        #expect(topic("serve", "--help", "all") == .success(.help(.allOptions)))
        #expect(HelpText.text(.option(listen)).contains("RUNNER_SIDECAR_LISTEN"))
    }

    @Test("the options of the overview exist; a sentence ends at its full stop, not at a dot within")
    func overview() {
        for name in HelpText.essentialNames { #expect(OptionTable.index(of: name) != nil, "\(name)") }
        #expect(HelpText.firstSentence(of: "Listens on 127.0.0.1 only. Else not.") == "Listens on 127.0.0.1 only")
        #expect(HelpText.firstSentence(of: "No stop") == "No stop")
    }

    @Test("a command of the npm package is known, and where to find it", arguments: ["check", "dev", "compare"])
    func packageCommands(name: String) {
        #expect(
            Situation(arguments: [name, "http://a", "--x"]).problems().contains(
                "\(name) is a command of the npm package. Where it is installed: npx runner-sidecar \(name)"))
        #expect(HelpText.text().contains("\n  \(name) "))
    }

    @Test("option names are unique, and no environment name belongs to two options")
    func unique() {
        let names = OptionTable.options.map { $0.name }
        let variables = OptionTable.options.flatMap { [$0.environmentName] + $0.legacyEnvironment }
        #expect(Set(names).count == names.count)
        #expect(Set(variables).count == variables.count)
    }

    @Test("every default is a value its own option takes, and reads back as itself")
    func defaultsAreValid() throws {
        for option in OptionTable.options {
            let texts = option.texts(Configuration())
            guard !texts.isEmpty else { continue }
            var configuration = Configuration()
            try option.assign(&configuration, texts)
            #expect(configuration == Configuration(), "\(option.name)")
        }
    }

    @Test("what --print-config prints, given as a file, gives the same configuration")
    func printedConfigurationReadsBack() throws {
        let situation = flags(
            "--listen=[::1]:9", "--cors-origins=*,https://a.example", "--access-log=1/50", "--loops=3", "--trace",
            "--socket-group=it's", "--task-timeout=90s", "--admin=off")
        let configuration = try situation.served()
        let again = try Situation(arguments: ["--config=/c"], files: ["/c": configuration.report()]).served()
        #expect(configuration.changes(to: again).isEmpty)
    }

    @Test("secrets are in no report")
    func secretsStayHidden() throws {
        let configuration = try flags("--token=s3cret").served()
        #expect(!configuration.report().contains("s3cret"))
        #expect(!configuration.reportJSON().contains("s3cret"))
    }

    @Test("the report says of each value where it came from")
    func sources() throws {
        var situation = flags("--in-flight=5")
        situation.environment["PORT"] = "80"
        let configuration = try situation.served()
        #expect(configuration.report().contains("in-flight: 5  # flag: --in-flight\n"))
        #expect(configuration.report().contains("listen: ['127.0.0.1:80']  # environment: PORT\n"))
        let json =
            try JSONSerialization.jsonObject(with: Data(configuration.reportJSON().utf8)) as? [String: [String: Any]]
        #expect(json?["in-flight"]?["value"] as? String == "5")
        #expect(json?["listen"]?["source"] as? String == "environment: PORT")
        #expect(json?["base-path"]?["value"] is NSNull)
    }
}

@Suite("a second reading, on SIGHUP")
struct ReloadTests {
    @Test("what may change live is told from what needs a restart, and only the former is adopted")
    func changes() throws {
        let before = try flags().served()
        let after = try flags("--log-level=debug", "--token=new", "--listen=9").served()
        let changes = before.changes(to: after)
        #expect(changes == ConfigurationChanges(live: ["token", "log-level"], needRestart: ["listen"]))
        let adopted = before.adopting(after)
        #expect(adopted.logLevel == .debug)
        #expect(adopted.listen == before.listen)
        #expect(adopted.source(of: "log-level") == .flag(name: "log-level"))
        #expect(adopted.source(of: "listen") == .standard)
    }

    @Test("a rotated token file is a change though its path is the same")
    func rotatedTokens() throws {
        var situation = flags("--token-file=/t")
        situation.files["/t"] = "old"
        let before = try situation.served()
        situation.files["/t"] = "new"
        let after = try situation.served()
        #expect(before.changes(to: after).live == ["token-file"])
        #expect(before.adopting(after).acceptedTokens == ["new"])
    }
}
