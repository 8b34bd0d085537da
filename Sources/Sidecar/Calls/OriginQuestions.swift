internal import Bytes

/// Requests whose origin the app's JavaScript judges, by the question that was asked about each.
///
/// A question belongs to one link, and has a deadline: an app that does not answer holds nobody for ever.
struct OriginQuestions {
    struct Question {
        let call: Call
        /// Tells the request from the one that has its record next.
        let callID: UInt32
        let linkNumber: UInt32
        let deadlineMilliseconds: UInt64

        /// Whether the request still waits for the answer.
        var isLive: Bool { call.id == callID && call.phase == .asking }
    }

    private var questions: [UInt32: Question] = [:]
    private var last: UInt32 = 0

    var count: Int { questions.count }

    /// The number that the next question gets; never 0.
    mutating func add(_ question: Question) -> UInt32 {
        repeat { last &+= 1 } while last == 0 || questions[last] != nil
        questions[last] = question
        return last
    }

    /// The question that `linkNumber` answers; nil for one that it was not asked, or that nobody waits for.
    mutating func take(_ number: UInt32, of linkNumber: UInt32) -> Question? {
        guard let question = questions[number], question.linkNumber == linkNumber else { return nil }
        questions[number] = nil
        return question.isLive ? question : nil
    }

    /// What a link that cannot answer any more, or does not, was asked, in the order of asking.
    mutating func take(of linkNumber: UInt32) -> [Question] {
        let theirs = questions.filter { $0.value.linkNumber == linkNumber }
        for number in theirs.keys { questions[number] = nil }
        return theirs.sorted { $0.key < $1.key }.map(\.value).filter(\.isLive)
    }

    /// The questions whose time is over, and those that nobody waits for.
    mutating func takeExpired(nowMilliseconds: UInt64) -> [Question] {
        guard !questions.isEmpty else { return [] }
        let over = questions.filter { !$0.value.isLive || $0.value.deadlineMilliseconds <= nowMilliseconds }
        for number in over.keys { questions[number] = nil }
        return over.sorted { $0.key < $1.key }.map(\.value).filter(\.isLive)
    }
}
