/// The option table as documents: Markdown for docs/operating.md, and a JSON schema for editors.
public enum OptionsDocument {
    public static func text(_ format: OptionsFormat) -> String {
        switch format {
        case .markdown: markdown()
        case .schema: schema()
        }
    }

    private static func markdown() -> String {
        var text = ""
        for group in OptionGroup.allCases {
            text += "\(text.isEmpty ? "" : "\n")### \(group.rawValue)\n\n"
            text += "| option | default | live | meaning |\n|---|---|---|---|\n"
            for option in OptionTable.options where option.group == group {
                let also = option.legacyEnvironment.map { " Also `\($0)`." }.joined()
                let cells = [
                    "`--\(option.name)` \(cell(option.placeholder))\(option.isList ? "…" : "")",
                    cell(option.defaultText),
                    option.changesLive ? "yes" : "", cell(option.help) + also,
                ]
                text += "| \(cells.joined(separator: " | ")) |\n"
            }
        }
        return text
    }

    /// A bar would end the cell.
    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }

    /// JSON Schema, draft 2020-12.
    private static func schema() -> String {
        let members = OptionTable.options.map { option in
            let value = option.schema.json
            var forms = [value]
            if option.isList { forms.append("{ \"type\": \"array\", \"items\": \(value) }") }
            if let word = option.absenceWord { forms.append("{ \"const\": \(word.jsonText) }") }
            let types = forms.joined(separator: ", ")
            return "    \(option.name.jsonText): { \"description\": \(option.help.jsonText), \"anyOf\": [\(types)] }"
        }
        return """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "title": "runner-sidecar configuration",
              "type": "object",
              "additionalProperties": false,
              "properties": {
            \(members.joined(separator: ",\n"))
              }
            }

            """
    }
}

extension ValueSchema {
    fileprivate var json: String {
        switch self {
        case .text(nil): return "{ \"type\": \"string\" }"
        case .text(let pattern?):
            // A size or a zero may stand as a plain number.
            return "{ \"type\": [\"string\", \"integer\"], \"pattern\": \(pattern.jsonText) }"
        case .integer(let range):
            return "{ \"type\": \"integer\", \"minimum\": \(range.lowerBound), \"maximum\": \(range.upperBound) }"
        case .boolean: return "{ \"enum\": [true, false, \"on\", \"off\"] }"
        case .choice(let words): return "{ \"enum\": [\(words.map { $0.jsonText }.joined(separator: ", "))] }"
        }
    }
}

extension String {
    /// This text as a JSON string.
    var jsonText: String {
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
