/// What may happen in a run. Each run has some of them and not the others, so that those it has meet each other often.
enum Feature: String, CaseIterable, Sendable {
    // Requests
    case pipelines, splits, http10, closing, chunked, emptyLength, expect, events, discovery, otherMethods, preflights
    case unknownTargets, outside, noURL, badJSON, malformed, unfinished, drip, large, huge, floods
    case wrongTokens, plainHeads, streams
    // Clients
    case halfCloses, resets, slowReaders, refusals
    // Origins
    case newOrigins, longOrigins, throwingOrigins
    // Workers
    case severalWorkers, late, neverAnswers, streamedResponses, cutStreams, emptyStreams, noContent, failures
    case duplicates, conflicts, unknownCalls, blockingTasks, freezes, leaves, drains, reannouncements, lateWorkers
    case differingSettings, protocolBreaks, slowQuestions
    // Operators
    case rotations, limitChanges, tightLimits, drain, cutShort, requestIDs, accessLog, embedded

    /// How many runs of a thousand have it.
    var perMille: Int {
        switch self {
        case .floods: 20
        case .huge: 15
        case .large: 150
        case .drain, .cutShort: 120
        case .embedded: 100
        case .differingSettings, .protocolBreaks: 150
        case .tightLimits, .refusals, .neverAnswers: 150
        case .severalWorkers, .pipelines, .splits, .plainHeads: 500
        default: 300
        }
    }
}

struct Features: Equatable, Sendable {
    private var bits: UInt64 = 0

    static let all: Features = {
        var all = Features()
        for feature in Feature.allCases { all.insert(feature) }
        return all
    }()

    init() {}

    init(_ features: [Feature]) {
        for feature in features { insert(feature) }
    }

    /// Some, as the run's seed has it.
    init(from chance: inout Chance, choice: FeatureChoice) {
        // Now and then only very few, for depth.
        let scale = chance.pick([1000, 1000, 500, 250])
        for feature in Feature.allCases {
            let has = chance.below(1_000_000) < feature.perMille * scale
            if (has && choice.may.contains(feature)) || choice.must.contains(feature) { insert(feature) }
        }
    }

    private static let bits: [Feature: UInt64] = Dictionary(
        uniqueKeysWithValues: Feature.allCases.enumerated().map { ($1, 1 << UInt64($0)) })
    private static func bit(_ feature: Feature) -> UInt64 { bits[feature]! }

    func contains(_ feature: Feature) -> Bool { bits & Self.bit(feature) != 0 }
    mutating func insert(_ feature: Feature) { bits |= Self.bit(feature) }
    mutating func remove(_ feature: Feature) { bits &= ~Self.bit(feature) }
    var list: [Feature] { Feature.allCases.filter(contains) }
}

/// Which features runs may have, and which they all have.
struct FeatureChoice {
    var may = Features.all
    var must = Features()
}
