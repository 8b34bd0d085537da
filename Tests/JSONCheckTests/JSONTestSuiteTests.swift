import Bytes
import JSONCheck
import Testing

@Suite("JSONTestSuite", .enabled(if: JSONTestSuite.folder != nil, "../shared/conformance/json-test-suite is not here"))
struct JSONTestSuiteTests {
    @Test("every y_ file is accepted and every n_ file refused")
    func obeysTheSuite() throws {
        var counts: [Character: Int] = [:]
        // 100,000 open brackets are among the files that must be refused, and would be for their depth alone.
        var checker = JSONChecker(depthLimit: .max)
        for file in try JSONTestSuite.files(in: #require(JSONTestSuite.folder)) {
            var summary = JSONSummary()
            let verdict = checker.check(file.bytes.span, member: .input, into: &summary)
            switch file.name.first {
            case "y": #expect(verdict == .valid, "\(file.name)")
            case "n": #expect(verdict != .valid, "\(file.name)")
            default: break
            }
            counts[file.name.first ?? " ", default: 0] += 1
        }
        #expect((counts["y"] ?? 0) > 90 && (counts["n"] ?? 0) > 180)
    }
}
