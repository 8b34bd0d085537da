import Testing

@testable import Sidecar

@Suite("Readiness")
struct ReadinessTests {
    private func codes(_ readiness: Readiness) -> [String] { readiness.reasons().map(\.code) }

    @Test("a front that listens and has a worker is ready, whichever loop the worker is on", arguments: [0, 1])
    func ready(loop: Int) {
        var readiness = Readiness()
        readiness.isListening = true
        readiness.update(loop: loop, links: 1, ready: 1, draining: 0)
        #expect(codes(readiness) == [])
    }

    @Test("each thing that stands in the way is named, all at once")
    func reasons() {
        var readiness = Readiness()
        #expect(codes(readiness) == ["starting", "no_worker"])
        readiness.isListening = true
        #expect(codes(readiness) == ["no_worker"])
        readiness.update(loop: 0, links: 1, ready: 0, draining: 1)
        #expect(codes(readiness) == ["workers_draining"])
        readiness.update(loop: 1, links: 1, ready: 1, draining: 0)
        #expect(codes(readiness) == [])
        readiness.isDraining = true
        #expect(codes(readiness) == ["draining"])
    }

    @Test("a loop's last word counts, not the sum of what it said")
    func lastWord() {
        var readiness = Readiness()
        readiness.isListening = true
        readiness.update(loop: 0, links: 1, ready: 2, draining: 0)
        readiness.update(loop: 0, links: 1, ready: 0, draining: 0)
        #expect(codes(readiness) == ["no_worker"])
    }

    @Test("every reason comes with a sentence for a person")
    func sentences() {
        for reason in Readiness().reasons() {
            #expect(reason.sentence.hasSuffix(".") || reason.sentence.hasSuffix("?"))
        }
    }
}
