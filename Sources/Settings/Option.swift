/// One option: its names in every place it can be set, what it takes, and which field of `Configuration` it fills.
public struct Option: Sendable {
    /// Without the dashes. It is the flag's name and the file's key; the environment's is made from it.
    public let name: String
    public let group: OptionGroup
    /// Further environment names, which migrating apps already use.
    public let legacyEnvironment: [String]
    public let placeholder: String
    /// Takes several values: the flag may be repeated, and commas separate them.
    public let isList: Bool
    /// Whether SIGHUP puts a changed value into force.
    public let changesLive: Bool
    public let isSecret: Bool
    /// A sentence or two for a person.
    public let help: String
    /// What holds while nobody sets it, where no value says it.
    public let absence: String?
    /// The word that asks for that, where there is one.
    let absenceWord: String?
    /// What holds instead of the default where the app brings the front along.
    var embeddedDefault: EmbeddedDefault?

    let schema: ValueSchema
    let assign: @Sendable (inout Configuration, [String]) throws(ValueProblem) -> Void
    let texts: @Sendable (Configuration) -> [String]
    let hasSameValue: @Sendable (Configuration, Configuration) -> Bool
    /// Takes this option's value over from another configuration.
    let copyValue: @Sendable (inout Configuration, Configuration) -> Void

    static let environmentPrefix = "RUNNER_SIDECAR_"

    /// `RUNNER_SIDECAR_` and the name in capitals.
    public var environmentName: String {
        Self.environmentPrefix + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    /// This option with another default where the app brings the front along.
    func whenEmbedded(
        _ text: String, _ values: @escaping @Sendable (Configuration) -> [String]
    ) -> Option {
        var option = self
        option.embeddedDefault = EmbeddedDefault(text: text, values: values)
        return option
    }

    /// What a size may be at most of the memory that the process may take, where nobody set it.
    var memoryDivisor: Int?

    /// This option with a default that fits into the memory there is: at most one part in `divisor`.
    func withinMemory(partIn divisor: Int) -> Option {
        var option = self
        option.memoryDivisor = divisor
        return option
    }

    /// An on/off option may be given without a value.
    var isSwitch: Bool { if case .boolean = schema { !isList } else { false } }
}

/// A default that depends on the mode.
struct EmbeddedDefault: Sendable {
    /// For a person.
    let text: String
    /// As they would stand on the command line.
    let values: @Sendable (Configuration) -> [String]
}

/// The headings under which options are shown.
public enum OptionGroup: String, CaseIterable, Sendable {
    case serving = "Serving"
    case bridge = "The bridge to Node"
    case exposure = "The exposure"
    case time = "Time limits"
    case limits = "Limits"
    case insight = "Logs and metrics"
}

/// What an option is like beside its value.
struct OptionTraits: OptionSet {
    let rawValue: Int
    static let live = OptionTraits(rawValue: 1)
    static let secret = OptionTraits(rawValue: 2)
}

/// A field of `Configuration`.
typealias Field<Value> = WritableKeyPath<Configuration, Value> & Sendable

extension Option {
    /// A field that always has a value.
    init<Value: Equatable & Sendable>(
        _ group: OptionGroup, _ name: String, _ field: any Field<Value>, _ syntax: ValueSyntax<Value>,
        _ traits: OptionTraits = [], help: String
    ) {
        self.init(
            group: group, name: name, placeholder: syntax.placeholder, isList: false, traits: traits, help: help,
            schema: syntax.schema,
            assign: { configuration, texts throws(ValueProblem) in
                configuration[keyPath: field] = try syntax.parse(Self.only(texts))
            },
            texts: { [syntax.format($0[keyPath: field])] },
            hasSameValue: { $0[keyPath: field] == $1[keyPath: field] },
            copyValue: { $0[keyPath: field] = $1[keyPath: field] })
    }

    /// A field that may have none: `absence` says what then holds, and `absenceWord` is how to ask for that.
    init<Value: Equatable & Sendable>(
        _ group: OptionGroup, _ name: String, optional field: any Field<Value?>, _ syntax: ValueSyntax<Value>,
        absence: String, absenceWord: String? = nil, _ traits: OptionTraits = [], help: String,
        legacyEnvironment: [String] = []
    ) {
        self.init(
            group: group, name: name, legacyEnvironment: legacyEnvironment, placeholder: syntax.placeholder,
            isList: false,
            traits: traits, help: help, absence: absence, absenceWord: absenceWord, schema: syntax.schema,
            assign: { configuration, texts throws(ValueProblem) in
                let text = try Self.only(texts)
                configuration[keyPath: field] = text == absenceWord ? nil : try syntax.parse(text)
            },
            texts: { configuration in
                if let value = configuration[keyPath: field] { return [syntax.format(value)] }
                return absenceWord.map { [$0] } ?? []
            },
            hasSameValue: { $0[keyPath: field] == $1[keyPath: field] },
            copyValue: { $0[keyPath: field] = $1[keyPath: field] })
    }

    /// A field of several values.
    init<Value: Equatable & Sendable>(
        _ group: OptionGroup, _ name: String, list field: any Field<[Value]>, _ syntax: ValueSyntax<Value>,
        absence: String? = nil, _ traits: OptionTraits = [], help: String, legacyEnvironment: [String] = []
    ) {
        self.init(
            group: group, name: name, legacyEnvironment: legacyEnvironment, placeholder: syntax.placeholder,
            isList: true,
            traits: traits, help: help, absence: absence, schema: syntax.schema,
            assign: { configuration, texts throws(ValueProblem) in
                configuration[keyPath: field] = try Self.all(texts, syntax)
            },
            texts: { $0[keyPath: field].map { syntax.format($0) } },
            hasSameValue: { $0[keyPath: field] == $1[keyPath: field] },
            copyValue: { $0[keyPath: field] = $1[keyPath: field] })
    }

    /// A field of several values, or of none that was ever given.
    init<Value: Equatable & Sendable>(
        _ group: OptionGroup, _ name: String, optionalList field: any Field<[Value]?>, _ syntax: ValueSyntax<Value>,
        absence: String, _ traits: OptionTraits = [], help: String, legacyEnvironment: [String] = []
    ) {
        self.init(
            group: group, name: name, legacyEnvironment: legacyEnvironment, placeholder: syntax.placeholder,
            isList: true,
            traits: traits, help: help, absence: absence, schema: syntax.schema,
            assign: { configuration, texts throws(ValueProblem) in
                configuration[keyPath: field] = try Self.all(texts, syntax)
            },
            texts: { ($0[keyPath: field] ?? []).map { syntax.format($0) } },
            hasSameValue: { $0[keyPath: field] == $1[keyPath: field] },
            copyValue: { $0[keyPath: field] = $1[keyPath: field] })
    }

    private init(
        group: OptionGroup, name: String, legacyEnvironment: [String] = [], placeholder: String, isList: Bool,
        traits: OptionTraits, help: String, absence: String? = nil, absenceWord: String? = nil, schema: ValueSchema,
        assign: @escaping @Sendable (inout Configuration, [String]) throws(ValueProblem) -> Void,
        texts: @escaping @Sendable (Configuration) -> [String],
        hasSameValue: @escaping @Sendable (Configuration, Configuration) -> Bool,
        copyValue: @escaping @Sendable (inout Configuration, Configuration) -> Void
    ) {
        self.name = name
        self.group = group
        self.legacyEnvironment = legacyEnvironment
        self.placeholder = placeholder
        self.isList = isList
        self.changesLive = traits.contains(.live)
        self.isSecret = traits.contains(.secret)
        self.help = help
        self.absence = absence
        self.absenceWord = absenceWord
        self.schema = schema
        self.assign = assign
        self.texts = texts
        self.hasSameValue = hasSameValue
        self.copyValue = copyValue
    }

    private static func only(_ texts: [String]) throws(ValueProblem) -> String {
        guard texts.count == 1 else { throw ValueProblem("takes one value, not \(texts.count)") }
        return texts[0]
    }

    private static func all<Value>(_ texts: [String], _ syntax: ValueSyntax<Value>) throws(ValueProblem) -> [Value] {
        var values: [Value] = []
        for text in texts { values.append(try syntax.parse(text)) }
        return values
    }
}
