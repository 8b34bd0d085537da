import Bytes
import JSONCheck
import Testing

/// The checker against V8 itself.
@Suite("Against V8", .enabled(if: V8Oracle.nodePath != nil, "node is not on the PATH"))
struct DifferentialTests {
    private static let batchSize = 5_000

    @Test("the checker and JSON.parse agree on every generated and mutated document, and on all that is found in it")
    func agreesOnMutatedDocuments() throws {
        let cases = FuzzSettings.cases(orElse: 100_000)
        let seed = FuzzSettings.seed(for: "\(cases) JSON documents against V8")

        let oracle = try V8Oracle()
        var source = DocumentSource(seed: seed)
        var accepted = 0
        var members = 0
        var done = 0
        while done < cases {
            var batch = ClaimBatch()
            for index in 0..<min(Self.batchSize, cases - done) {
                let document = index % 20 == 0 ? source.nextNoise() : source.next()
                batch.append(document, member: index % 2 == 0 ? .input : .payload)
            }
            let judgement = try oracle.judge(batch)
            for disagreement in judgement.disagreements {
                Issue.record("seed \(seed): \(disagreement.reason), document (base64) \(disagreement.document)")
            }
            guard judgement.disagreements.isEmpty else { return }
            accepted += judgement.accepted
            members += judgement.members
            done += batch.count
        }
        // A run in which V8 takes nearly nothing, or nearly everything, would show little.
        print("V8 accepts \(accepted), of which \(members) have the member asked for")
        #expect(cases < 1_000 || (accepted > cases / 10 && accepted < cases * 9 / 10))
        #expect(cases < 1_000 || members > cases / 50)
    }

    @Test(
        "the checker and JSON.parse agree on every file of JSONTestSuite, the implementation-defined ones included",
        .enabled(if: JSONTestSuite.folder != nil, "../shared/conformance/json-test-suite is not here"))
    func agreesOnJSONTestSuite() throws {
        let files = try JSONTestSuite.files(in: #require(JSONTestSuite.folder))
        var batch = ClaimBatch()
        for file in files { batch.append(file.bytes, member: .input) }
        let judgement = try V8Oracle().judge(batch)
        for disagreement in judgement.disagreements {
            Issue.record("\(files[disagreement.index].name): \(disagreement.reason)")
        }
        #expect(judgement.accepted > 0 && judgement.accepted < files.count)
    }

    @Test("the oracle contradicts a wrong claim of every kind")
    func oracleContradicts() throws {
        let document = Array(#" {"input":{"$a":1},"b":2} "#.utf8)
        var right = JSONSummary()
        var checker = JSONChecker()
        #expect(checker.check(document.span, member: .input, into: &right) == .valid)

        let falsehoods: [(inout JSONSummary) -> Void] = [
            { $0.isASCII.toggle() }, { $0.isObject.toggle() }, { $0.isPlain.toggle() },
            { $0.needsWhole.toggle() }, { $0.member = nil }, { $0.member?.length += 1 },
            { $0.member?.offset -= 1 }, { $0.value.offset -= 1 }, { $0.value.length += 1 },
            { $0.member = ByteRange(offset: 15, length: 1) },
        ]
        var batch = ClaimBatch()
        for falsehood in falsehoods {
            var wrong = right
            falsehood(&wrong)
            batch.append(document, member: .input, verdict: .valid, summary: wrong)
        }
        #expect(try V8Oracle().judge(batch).disagreements.map(\.index) == Array(falsehoods.indices))

        var verdicts = ClaimBatch()
        verdicts.append(document, member: .input, verdict: .invalid(offset: 0), summary: right)
        verdicts.append(Array("[1,]".utf8), member: .input, verdict: .valid, summary: right)
        verdicts.append(document, member: .payload, verdict: .valid, summary: right)
        verdicts.append(document, member: .input)
        #expect(try V8Oracle().judge(verdicts).disagreements.map(\.index) == [0, 1, 2])
    }
}
