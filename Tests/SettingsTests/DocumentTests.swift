import Foundation
import Testing

@testable import Settings

@Suite("what is made from the table")
struct DocumentTests {
    @Test("every option is in --help, in the Markdown table and in the schema, with its default")
    func everyOptionEverywhere() throws {
        let help = HelpText.text()
        let markdown = OptionsDocument.text(.markdown)
        let schema = try JSONSerialization.jsonObject(with: Data(OptionsDocument.text(.schema).utf8)) as? [String: Any]
        let members = try #require(schema?["properties"] as? [String: Any])
        #expect(members.count == OptionTable.options.count)
        for option in OptionTable.options {
            #expect(help.contains("\n  --\(option.name) "))
            #expect(markdown.contains("| `--\(option.name)` "))
            #expect(members[option.name] != nil)
        }
    }

    @Test("help fits a terminal of 100 columns")
    func helpWidth() {
        for line in HelpText.text().split(separator: "\n") where line.count > 110 {
            Issue.record("\(line.count): \(line)")
        }
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
