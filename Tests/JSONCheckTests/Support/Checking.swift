import Bytes
import JSONCheck
import Testing

/// The verdict on `text`, and the summary.
func check(
    _ text: [UInt8], member: MemberName = .input, depthLimit: Int = JSONChecker.defaultDepthLimit
) -> (verdict: JSONVerdict, summary: JSONSummary) {
    var checker = JSONChecker(depthLimit: depthLimit)
    var summary = JSONSummary()
    let verdict = checker.check(text.span, member: member, into: &summary)
    return (verdict, summary)
}

func check(
    _ text: String, member: MemberName = .input, depthLimit: Int = JSONChecker.defaultDepthLimit
) -> (verdict: JSONVerdict, summary: JSONSummary) {
    check(Array(text.utf8), member: member, depthLimit: depthLimit)
}

/// The text of the member that the checker found, nil when it found none.
func memberText(_ text: String, _ member: MemberName = .input) -> String? {
    let (verdict, summary) = check(text, member: member)
    #expect(verdict == .valid, "\(text)")
    return summary.member.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) }
}

/// What must hold for any bytes whatever: the entry point for fuzzers, which may call it with anything.
func assertInvariants(of bytes: [UInt8]) {
    for member in [MemberName.input, .payload] {
        let (verdict, summary) = check(bytes, member: member)
        switch verdict {
        case .invalid(let offset): #expect(offset >= 0 && offset <= bytes.count)
        case .tooDeep(let offset): #expect(offset >= 0 && offset < bytes.count)
        case .valid:
            #expect(!summary.value.isEmpty && summary.value.range.upperBound <= bytes.count)
            #expect(!summary.needsWhole || !summary.isPlain)
            #expect(summary.isASCII == bytes.allSatisfy { $0 < 0x80 })
            // What was found is JSON itself, and leaves nothing out at its ends.
            for range in [summary.value, summary.member].compactMap({ $0 }) {
                let slice = Array(bytes[range.range])
                let (sliceVerdict, sliceSummary) = check(slice, member: member)
                #expect(sliceVerdict == .valid)
                #expect(sliceSummary.value == ByteRange(offset: 0, length: slice.count))
            }
            #expect(summary.member == nil || summary.isObject)
        }
        expectTreeAgrees(with: verdict, on: bytes)
    }
}

/// The tree reader takes what the checker takes, and what it writes reads back as the same tree.
private func expectTreeAgrees(with verdict: JSONVerdict, on bytes: [UInt8]) {
    guard let tree = try? JSONTree(parsing: bytes.span) else {
        #expect(check(bytes, depthLimit: JSONTree.depthLimit).verdict != .valid)
        return
    }
    #expect(verdict == .valid)
    let written = text(of: tree)
    #expect((try? JSONTree(parsing: written.span)).map { text(of: $0) } == written)
}

/// What `tree` writes.
func text(of tree: JSONTree) -> [UInt8] {
    var buffer = ByteBuffer()
    tree.write(into: &buffer)
    return buffer.bytes.copied()
}
