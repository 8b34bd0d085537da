import Testing

@Suite("Any bytes")
struct InvariantTests {
    @Test("no bytes crash the checker or the tree reader, and every range lies inside the text")
    func holdsForAnyBytes() {
        var source = DocumentSource(seed: FuzzSettings.seed(for: "any bytes to the JSON check"))
        for _ in 0..<FuzzSettings.cases(orElse: 6_000) / 2 {
            assertInvariants(of: source.next())
            assertInvariants(of: source.nextNoise())
        }
    }

    @Test("a text cut off anywhere, or with any one byte replaced, keeps the invariants")
    func holdsForEveryCutAndReplacement() {
        let text = Array(#" {"input" : [1.5e3, "\u0041é", true, {"$k": null}], "b": -0} "#.utf8)
        for at in text.indices {
            assertInvariants(of: Array(text[..<at]))
            for byte in [UInt8(0), 0x22, 0x5C, 0x7B, 0x7D, 0x80, 0xE2, 0xFF] {
                var changed = text
                changed[at] = byte
                assertInvariants(of: changed)
            }
        }
    }
}
