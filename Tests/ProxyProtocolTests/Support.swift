import Bytes
import ProxyProtocol
import Settings

let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

/// A version 2 header with this behind its length.
func binary(command: UInt8 = 0x21, family: UInt8, _ rest: [UInt8]) -> [UInt8] {
    signature + [command, family, UInt8(rest.count >> 8), UInt8(rest.count & 255)] + rest
}

/// 192.0.2.7 port 56324 to 198.51.100.1 port 443.
let addresses4: [UInt8] = [192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb]
/// 2001:db8::7 port 56324 to 2001:db8::1 port 443.
let addresses6: [UInt8] =
    [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [7] + [0x20, 0x01, 0x0d, 0xb8]
    + [UInt8](repeating: 0, count: 11) + [1] + [0xdc, 0x04, 0x01, 0xbb]

func read(_ bytes: [UInt8]) -> ProxyHeader.Outcome { ProxyHeader.read(bytes.span) }
func read(_ text: String) -> ProxyHeader.Outcome { read(Array(text.utf8)) }

func client(_ text: String, _ port: UInt16) -> ProxyHeader.Source { .client(IPAddress(text)!, port: port) }

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
