/// What is in force and where each value came from. Secrets are counted, never shown.
extension Configuration {
    /// As flat YAML that `--config` takes back: what `--print-config` prints. Values nobody set are comments.
    public func report() -> String {
        var text = configFile.map { "# from \($0.quoted)\n" } ?? ""
        for group in OptionGroup.allCases {
            text += "\(text.isEmpty ? "" : "\n")# \(group.rawValue)\n"
            for (index, option) in OptionTable.options.enumerated() where option.group == group {
                text += line(option, sources[index]) + "\n"
            }
        }
        return text
    }

    /// As JSON, for the admin listener: `{"listen":{"value":["127.0.0.1:7071"],"source":"default"},…}`. A list is an
    /// array, a value that nobody set is null, all else is a string as it would stand on the command line.
    public func reportJSON() -> String {
        let members = OptionTable.options.enumerated().map { index, option in
            let texts = option.isSecret ? option.texts(self).map { _ in "<redacted>" } : option.texts(self)
            let shown = texts.map { $0.jsonText }
            let value = option.isList ? "[\(shown.joined(separator: ","))]" : shown.first ?? "null"
            return "\(option.name.jsonText):{\"value\":\(value),\"source\":\(sources[index].text.jsonText)}"
        }
        return "{\(members.joined(separator: ","))}"
    }

    private func line(_ option: Option, _ source: ConfigurationSource) -> String {
        let texts = option.texts(self)
        let origin = "  # \(source.text)"
        if texts.isEmpty && source == .standard { return "# \(option.name): \(option.absence ?? "none")" }
        if option.isSecret { return "# \(option.name): \(texts.count) redacted\(origin)" }
        let values = texts.map { Self.yaml($0) }
        return "\(option.name): \(option.isList ? "[\(values.joined(separator: ", "))]" : values[0])\(origin)"
    }

    /// Quoted unless it is plainly a plain text.
    private static func yaml(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 || "./-_".utf8.contains(byte)
        }
        return plain && !text.isEmpty ? text : text.yamlQuoted
    }
}

extension String {
    /// In single quotes nothing has a meaning but the quote itself, which is written twice.
    fileprivate var yamlQuoted: String {
        "'" + String(map { $0 == "'" ? "''" : String($0) }.joined()) + "'"
    }
}
