import BridgeProtocol
import Foundation

/// `Tests/bridge-vectors.json`, which the shim's tests read as well.
struct Vectors: Decodable {
    struct Valid: Decodable, Sendable, CustomStringConvertible {
        var name: String
        var sender: String
        var bytesHex: String
        var frame: Frame
        var description: String { name }
        var bytes: [UInt8] { [UInt8](hex: bytesHex) }
    }

    struct Invalid: Decodable, Sendable, CustomStringConvertible {
        var name: String
        var sender: String
        var bytesHex: String
        var error: String
        var description: String { name }
        var bytes: [UInt8] { [UInt8](hex: bytesHex) }
    }

    struct Frame: Decodable, Sendable {
        var type: String
        var flags: UInt8
        var detail: UInt16
        var call: UInt32
        var field: UInt32
        var payloadHex: String
        var calls: [Call]?
        var lagMicroseconds: UInt32?
        var running: UInt32?
        var memory: [UInt32]?
        var peerHex: String?
        var head: String?
        var payload: [UInt8] { [UInt8](hex: payloadHex) }
        var load: WorkerLoad? {
            lagMicroseconds.map {
                WorkerLoad(
                    lagMicroseconds: $0, runningCalls: running!,
                    process: memory.map {
                        WorkerLoad.ProcessLoad(
                            residentKiB: $0[0], heapUsedKiB: $0[1], heapTotalKiB: $0[2], utilizationMillionths: $0[3])
                    })
            }
        }
    }

    struct Call: Decodable, Sendable {
        var call: UInt32
        var target: Int
        var flags: UInt8
        var text: String
        var peerHex: String
        var head: String
    }

    var valid: [Valid]
    var invalid: [Invalid]

    static let all: Vectors = {
        let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "bridge-vectors.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try! decoder.decode(Vectors.self, from: Data(contentsOf: url))
    }()
}

extension Array where Element == UInt8 {
    init(hex: String) {
        self = []
        var high: UInt8?
        for character in hex {
            let digit = UInt8(character.hexDigitValue!)
            if let first = high {
                append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
    }
}

/// SplitMix64: small, and the same everywhere for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
