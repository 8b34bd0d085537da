import Testing

@testable import Sidecar

@Suite("A call's life")
struct CallPhaseTests {
    /// Every step that is possible; all others are not.
    private static let steps: [(CallPhase, CallEvent, CallPhase)] = [
        (.free, .opened, .receiving),
        (.receiving, .asked, .asking), (.receiving, .turnAwaited, .awaitingTurn), (.receiving, .queued, .pending),
        (.receiving, .dispatched, .running), (.receiving, .responded, .responded), (.receiving, .released, .free),
        (.asking, .resumed, .receiving), (.asking, .responded, .responded), (.asking, .released, .free),
        (.awaitingTurn, .resumed, .receiving), (.awaitingTurn, .responded, .responded),
        (.awaitingTurn, .released, .free),
        (.pending, .resumed, .receiving), (.pending, .dispatched, .running), (.pending, .responded, .responded),
        (.pending, .released, .free),
        (.running, .responseStarted, .streaming), (.running, .responded, .responded), (.running, .released, .free),
        (.streaming, .responded, .responded), (.streaming, .released, .free),
        (.responded, .released, .free),
    ]

    @Test("every event in every phase leads where the table says, or cannot happen")
    func steps() {
        for phase in CallPhase.allCases {
            for event in CallEvent.allCases {
                let expected = Self.steps.first { $0.0 == phase && $0.1 == event }?.2
                #expect(phase.after(event) == expected, "\(event) in \(phase)")
            }
        }
    }

    @Test("from every phase a call can be refused or released, so that none is for ever")
    func ends() {
        for phase in CallPhase.allCases where phase != .free {
            #expect(phase.after(.released) == .free)
            if phase != .responded { #expect(phase.after(.responded) == .responded) }
        }
    }

    @Test("a frame for a call that no worker has changes nothing")
    func unowned() {
        for phase in CallPhase.allCases {
            for frame in WorkerFrame.allCases { #expect(WorkerHold.none.verdict(on: frame, in: phase) == .ignore) }
        }
    }

    @Test("a cancelled call is let go of by a worker's last frame for it, and takes nothing else")
    func cancelled() {
        for phase in CallPhase.allCases {
            #expect(WorkerHold.cancelled.verdict(on: .result, in: phase) == .letGo)
            #expect(WorkerHold.cancelled.verdict(on: .responseEnd, in: phase) == .letGo)
            #expect(WorkerHold.cancelled.verdict(on: .responseData, in: phase) == .ignore)
            #expect(WorkerHold.cancelled.verdict(on: .credit, in: phase) == .ignore)
        }
    }

    @Test("a worker that owes a response may give it, once and in one way")
    func owing() {
        for frame in WorkerFrame.allCases { #expect(WorkerHold.owing.verdict(on: frame, in: .running) == .take) }
        #expect(WorkerHold.owing.verdict(on: .result, in: .streaming) == .violate)
        #expect(WorkerHold.owing.verdict(on: .responseData, in: .streaming) == .take)
        #expect(WorkerHold.owing.verdict(on: .responseEnd, in: .streaming) == .take)
    }
}
