import Testing

@testable import RateLimits

private let second: UInt64 = 1_000_000_000

@Suite("client table")
struct ClientTableTests {
    private let keys = ClientKeys(secret: (1, 2))
    private let perSecond = Rate(count: 1, periodNanoseconds: second, burst: 2)

    @Test("each client has a rate of its own")
    func ownRates() {
        var table = ClientTable(entryLimit: 1024)
        for client in 0..<100 {
            let key = keys.ipv4(UInt32(client))
            #expect(table.admit(key, rate: perSecond, inFlightLimit: 0, nowNanoseconds: second) == .admitted)
            #expect(table.admit(key, rate: perSecond, inFlightLimit: 0, nowNanoseconds: second) == .admitted)
            #expect(
                table.admit(key, rate: perSecond, inFlightLimit: 0, nowNanoseconds: second)
                    == .rateExceeded(waitNanoseconds: second))
        }
    }

    @Test("requests in flight are bounded, and one that ends makes room for one")
    func inFlight() {
        var table = ClientTable(entryLimit: 64)
        let key = keys.ipv4(7)
        for _ in 0..<3 {
            #expect(table.admit(key, rate: nil, inFlightLimit: 3, nowNanoseconds: 1) == .admitted)
        }
        #expect(table.admit(key, rate: nil, inFlightLimit: 3, nowNanoseconds: 1) == .inFlightExceeded)
        #expect(table.inFlight(key) == 3)
        table.release(key)
        #expect(table.admit(key, rate: nil, inFlightLimit: 3, nowNanoseconds: 1) == .admitted)
        for _ in 0..<5 { table.release(key) }
        #expect(table.inFlight(key) == 0, "one release too many takes nothing from another client")
    }

    @Test("a request that is refused for one reason is not counted for the other")
    func refusedIsNotCounted() {
        var table = ClientTable(entryLimit: 64)
        let key = keys.ipv4(7)
        let rate = Rate(count: 1, periodNanoseconds: second, burst: 1)
        #expect(table.admit(key, rate: rate, inFlightLimit: 1, nowNanoseconds: second) == .admitted)
        #expect(table.admit(key, rate: rate, inFlightLimit: 1, nowNanoseconds: 9 * second) == .inFlightExceeded)
        table.release(key)
        #expect(table.admit(key, rate: rate, inFlightLimit: 1, nowNanoseconds: 9 * second) == .admitted)
        table.release(key)
        let verdict = table.admit(key, rate: rate, inFlightLimit: 1, nowNanoseconds: 9 * second)
        #expect(verdict == .rateExceeded(waitNanoseconds: second))
        #expect(table.inFlight(key) == 0)
    }

    @Test("an IPv6 client is its /64, and IPv4, tokens, tasks and no address are clients of their own")
    func kinds() {
        #expect(keys.ipv6(high: 5) == keys.ipv6(high: 5))
        let (token, nothing, one, two): ([UInt8], [UInt8], [UInt8], [UInt8]) = (Array("s3cret".utf8), [], [0], [0, 0])
        let all = [
            keys.ipv4(5), keys.ipv6(high: 5), keys.withoutAddress, keys.token(token.span), keys.target(token.span),
            keys.ipv4(6), keys.token(nothing.span), keys.token(one.span), keys.token(two.span),
        ]
        #expect(Set(all).count == all.count)
        #expect(ClientKeys().ipv4(5) != ClientKeys().ipv4(5), "each process has a secret of its own")
    }

    @Test("a key is SipHash-2-4 of its reference vectors")
    func sipHash() {
        // Key 00 … 0f, input 00 … 07 and 00 … 0f: from the reference implementation's vectors.
        var eight = SipHash(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        eight.add(0x0706_0504_0302_0100)
        #expect(eight.value(byteCount: 8) == 0x93f5_f579_9a93_2462)
        var none = SipHash(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        #expect(none.value(byteCount: 0) == 0x726f_db47_dd0e_0e31)
    }

    @Test("a million clients at once are told apart, in memory that is bounded")
    func aMillionClients() {
        var table = ClientTable(entryLimit: 1 << 21)
        let clients: UInt32 = 1_000_000
        let once = Rate(count: 1, periodNanoseconds: second, burst: 1)
        func admitted(_ range: Range<UInt32>) -> Int {
            range.count {
                table.admit(keys.ipv4($0), rate: once, inFlightLimit: 0, nowNanoseconds: second) == .admitted
            }
        }
        #expect(admitted(0..<clients) == Int(clients))
        #expect(table.memoryBytes <= 32 << 20)
        // All of them have used up their burst: whoever is admitted again was forgotten.
        let forgotten = admitted(0..<clients)
        print("1,000,000 clients: \(table.memoryBytes) bytes, \(forgotten) forgotten")
        #expect(forgotten <= clients / 1000)
        // More of them take no more memory.
        _ = admitted(clients..<2 * clients)
        #expect(table.memoryBytes <= 32 << 20)
    }

    @Test("a flood of new clients does not free one that is over its rate: those who used least go first")
    func floodForgetsTheLeastUsed() {
        var table = ClientTable(entryLimit: 1024)
        let rate = Rate(count: 1, periodNanoseconds: second, burst: 10)
        let heavy = keys.ipv4(0xffff_ffff)
        for _ in 0..<10 { _ = table.admit(heavy, rate: rate, inFlightLimit: 0, nowNanoseconds: second) }
        for client in 0..<100_000 {
            _ = table.admit(keys.ipv4(UInt32(client)), rate: rate, inFlightLimit: 0, nowNanoseconds: second)
        }
        #expect(table.memoryBytes == 1024 * ClientTable.bytesPerEntry)
        #expect(
            table.admit(heavy, rate: rate, inFlightLimit: 0, nowNanoseconds: second)
                == .rateExceeded(waitNanoseconds: second))
    }

    @Test("a client with requests in flight is never forgotten, and a flood of them is refused")
    func inFlightIsKept() {
        var table = ClientTable(entryLimit: 16)
        var admitted: [ClientKey] = []
        for client in 0..<1000 {
            let key = keys.ipv4(UInt32(client))
            if table.admit(key, rate: nil, inFlightLimit: 1, nowNanoseconds: 1) == .admitted { admitted.append(key) }
        }
        #expect(admitted.count == 16)
        for key in admitted {
            #expect(table.inFlight(key) == 1)
            table.release(key)
        }
        #expect(table.liveCount(nowNanoseconds: 1) == 0)
    }

    @Test("the table does what a dictionary of clients would, while it grows and forgets the expired")
    func agreesWithADictionary() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        var table = ClientTable(entryLimit: 1 << 16)
        var arrivals: [UInt32: UInt64] = [:]
        var flights: [UInt32: Int] = [:]
        let rate = Rate(count: 20, periodNanoseconds: second, burst: 5)
        var now = second
        for _ in 0..<100_000 {
            now += UInt64.random(in: 0...200_000, using: &random)
            let client = UInt32.random(in: 0..<3000, using: &random)
            let key = keys.ipv4(client)
            if Bool.random(using: &random), flights[client, default: 0] > 0 {
                table.release(key)
                flights[client]! -= 1
                continue
            }
            let expected: ClientTable.Verdict
            if flights[client, default: 0] >= 3 {
                expected = .inFlightExceeded
            } else {
                switch rate.admit(arrivalNanoseconds: arrivals[client] ?? 0, nowNanoseconds: now) {
                case .allowed(let next):
                    arrivals[client] = next
                    flights[client, default: 0] += 1
                    expected = .admitted
                case .refused(let wait): expected = .rateExceeded(waitNanoseconds: wait)
                }
            }
            let verdict = table.admit(key, rate: rate, inFlightLimit: 3, nowNanoseconds: now)
            guard verdict == expected else {
                Issue.record("client \(client): \(verdict), not \(expected); seed \(seed)")
                return
            }
        }
        #expect(table.replacedCount == 0)
    }
}
