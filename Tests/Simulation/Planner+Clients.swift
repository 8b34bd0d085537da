import BridgeProtocol
import Settings

/// What clients do, and what becomes of each of their requests.
extension Planner {
    mutating func makeClients() {
        if has(.floods) { makeFlood() }
        while plan.requestCount < wanted {
            var client = ClientPlan(number: plan.clients.count)
            client.startMicroseconds = chance.below(spanMilliseconds * 1000)
            if has(.pipelines) { client.depth = chance.pick([1, 2, 5, 20, 200]) }
            if has(.slowReaders) {
                switch chance.below(6) {
                case 0:
                    client.reading = .slow
                    client.readBytes = chance.skewed(1...2000)
                    client.readGapMicroseconds = chance.skewed(10...20_000)
                case 1:
                    client.reading = .stalls
                    client.readBytes = chance.skewed(1...100_000)
                    client.readGapMicroseconds = chance.pick([300_000, 4_000_000])
                default: break
                }
            }
            client.leaving = chance.pick([.closes, .closes, .stays])
            if shows(.halfCloses, 300) { client.leaving = .ends }
            if shows(.resets, 300) { client.leaving = .resets }
            if chance.happens(150) { client.inFlightBytes = chance.pick([300, 4000, 16000]) }
            let count = min(wanted - plan.requestCount, chance.skewed(1...200))
            if (has(.halfCloses) || has(.resets)) && chance.happens(300) {
                client.leavesEarlyAfter = chance.within(1...count)
            }
            for _ in 0..<max(1, count) { client.requests.append(makeRequest()) }
            plan.clients.append(client)
        }
    }

    mutating func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    mutating func makeRequest() -> RequestPlan {
        var request = RequestPlan(number: nextNumber())
        request.pauseMicroseconds = chance.pick([0, 0, 0, chance.skewed(0...20_000), chance.skewed(0...200_000)])
        makeTarget(&request)
        makeFraming(&request)
        makeHead(&request)
        makeSending(&request)
        request.response = makeResponse(of: request)
        return request
    }

    mutating func makeTarget(_ request: inout RequestPlan) {
        request.target = chance.below(2)
        if shows(.events, 300) {
            request.isEvent = true
            request.target = 2 + chance.below(2)
        }
        if shows(.unknownTargets, 200) { request.target = chance.pick([nil, nil, 4]) }
        if request.target == 4 { request.isEvent = false }
        if shows(.discovery, 100) {
            request.kind = .discovery
            request.target = 5
            request.method = chance.pick(["GET", "POST"])
        } else if shows(.otherMethods, 150) {
            request.kind = .wrongMethod
            request.method = chance.pick(["GET", "HEAD", "PUT", "DELETE", "PATCH"])
        } else if shows(.preflights, 150) {
            request.kind = .preflight
            request.method = "OPTIONS"
        } else if shows(.outside, 150) {
            request.kind = .outside
            request.method = chance.pick(["GET", "POST", "HEAD"])
        } else if shows(.noURL, 50) {
            request.kind = .noURL
        } else if shows(.malformed, 60) {
            request.kind = .malformed
            request.malformation = chance.below(RequestText.malformationCount)
        } else if shows(.streams, 250) {
            request.kind = .stream
            request.isEvent = false
            request.target = chance.below(2)
        }
    }

    mutating func makeFraming(_ request: inout RequestPlan) {
        let hasBody =
            switch request.kind {
            case .call, .stream, .malformed: chance.happens(900)
            default: chance.happens(250)
            }
        request.framing = hasBody ? .length : .none
        if shows(.chunked, 400) && request.kind != .malformed { request.framing = .chunked }
        request.padBytes = chance.skewed(0...300)
        if shows(.large, 150) { request.padBytes = chance.within(20_000...300_000) }
        if shows(.huge, 30) { request.padBytes = chance.within((8 << 20) - 100...(9 << 20) + 5000) }
        if request.kind == .call && shows(.badJSON, 150) { request.isBadJSON = true }
        if shows(.emptyLength, 200) {
            request.framing = .length
            request.hasInput = false
        }
        if request.framing == .none { request.hasInput = false }
        if !request.hasInput {
            request.padBytes = 0
            request.isBadJSON = false
        }
        if shows(.expect, 250) && request.framing != .none { request.expectsContinue = true }
    }

    mutating func makeHead(_ request: inout RequestPlan) {
        if shows(.http10, 250) {
            request.isHTTP10 = true
            if request.framing == .chunked { request.framing = .length }
            request.expectsContinue = false
            request.connection = chance.pick([nil, "keep-alive", "keep-alive"])
        } else if shows(.closing, 60) {
            request.connection = "close"
        }
        request.token = .right
        if shows(.wrongTokens, 200) { request.token = chance.pick([.wrong, .none]) }
        if shows(.rotations, 300) { request.token = .old }
        request.origin = chance.pick([.none, .known])
        if shows(.newOrigins, 600) { request.origin = chance.pick([.new, .bad]) }
        if shows(.longOrigins, 250) { request.origin = .long }
        if shows(.throwingOrigins, 150) { request.origin = .throwing }
        // Only what a body tells apart may have a head like any other.
        let bodyTells = request.hasInput && (request.kind == .call && request.target ?? 4 < 4)
        if bodyTells { request.hasPlainHead = shows(.plainHeads, 700) }
        if request.hasPlainHead && (request.origin == .new || request.origin == .long) { request.origin = .known }
        // A target that is given no head and no input could not be told apart.
        if let target = request.target, target < 5, !Plan.targets[target].wantsHead, !request.hasInput,
            request.kind == .call
        {
            request.target = request.isEvent ? 2 : 0
        }
    }

    mutating func makeSending(_ request: inout RequestPlan) {
        if has(.splits) {
            let room = max(1, request.padBytes / 20)
            request.pieceBytes = chance.pick([.max, max(room, chance.skewed(1...500)), max(room, 1)])
            request.pieceGapMicroseconds = chance.skewed(0...2000)
        }
        if shows(.drip, 30) && request.padBytes < 400 {
            if request.hasInput && chance.happens(700) {
                request.dripsBody = true
                request.padBytes += chance.within(100...500)
            }
            request.pieceBytes = chance.within(1...3)
            request.pieceGapMicroseconds = chance.within(20_000...90_000)
        }
        if shows(.unfinished, 30) { request.end = chance.pick([.stopsInHead, .stopsInBody]) }
        if request.framing == .none && request.end == .stopsInBody { request.end = .whole }
        if request.method == "HEAD" {
            // Half a head does not tell its reader that the response has no body.
            request.pieceBytes = .max
            if request.end == .stopsInHead { request.end = .whole }
        }
    }

    mutating func makeResponse(of request: RequestPlan) -> ResponsePlan {
        var response = ResponsePlan()
        response.padBytes = chance.skewed(0...400)
        if shows(.large, 100) { response.padBytes = chance.within(20_000...400_000) }
        if has(.late) { response.delayMicroseconds = chance.skewed(0...400_000) }
        if shows(.blockingTasks, 100) {
            response.isBlocking = true
            response.delayMicroseconds = chance.skewed(1...600_000)
        }
        response.closes = shows(.closing, 100)
        if [.stream, .outside, .noURL].contains(request.kind) || shows(.streamedResponses, 250) {
            response.kind = .streamed
            response.framing = chance.pick(
                request.isHTTP10 ? [.length, .untilClose] : [.length, .chunked, .untilClose])
            response.pieces = chance.skewed(1...12)
            response.pieceGapMicroseconds = chance.skewed(0...30_000)
            if shows(.cutStreams, 250) { response.cutBehindPiece = chance.below(response.pieces + 1) }
            if chance.happens(200) { response.creditDelayMicroseconds = chance.skewed(0...50_000) }
            response.answersEarly = chance.happens(200)
            if shows(.emptyStreams, 60) { response.kind = .emptyStream }
        } else {
            if chance.happens(100) { response.kind = .empty }
            if shows(.failures, 200) {
                response.kind = .body
                response.status = chance.pick([400, 404, 418, 500, 599])
            }
            if shows(.noContent, 150) {
                response.kind = .noContent
                response.status = chance.pick([204, 304])
            }
            if shows(.emptyStreams, 60) { response.kind = .emptyStream }
        }
        if shows(.neverAnswers, 40) { response.kind = .never }
        if shows(.duplicates, 150) { response.extra = .repeatsResult }
        if shows(.conflicts, 200) { response.extra = chance.pick([.dataBehindResult, .resultBehindData]) }
        return response
    }

    /// So many requests that the front answers itself, one after another, that ids of calls come round, while a worker
    /// is busy with a call whose client has left.
    mutating func makeFlood() {
        plan.hasAllowList = false
        var leaver = ClientPlan(number: 0)
        var blocked = RequestPlan(number: nextNumber())
        blocked.response.isBlocking = true
        blocked.response.delayMicroseconds = 150_000
        leaver.requests = [blocked]
        // With a FIN: a reset could take the request along.
        leaver.leaving = .ends
        leaver.leavesEarlyAfter = 1
        plan.clients.append(leaver)
        var flooder = ClientPlan(number: 1)
        flooder.startMicroseconds = 40_000
        flooder.depth = 400
        let count = chance.pick([16_382, 16_382, 16_383, 16_381, chance.within(16_300...16_500)])
        for index in 0...count {
            var request = RequestPlan(number: nextNumber())
            request.framing = .none
            request.hasInput = false
            if index < count {
                request.target = nil
            } else {
                request.framing = .length
                request.hasInput = true
                request.response.delayMicroseconds = 300_000
            }
            flooder.requests.append(request)
        }
        plan.clients.append(flooder)
        for index in plan.workers.indices {
            plan.workers[index].joinsMicroseconds = 0
            plan.workers[index].events = []
        }
        plan.workers.removeSubrange(1...)
    }
}
