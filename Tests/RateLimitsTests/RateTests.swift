import Bytes
import RateLimits
import Testing

private let second: UInt64 = 1_000_000_000

/// A client that asks, at times given by the test.
private struct Client {
    var rate: Rate
    var arrival: UInt64 = 0

    mutating func asks(at now: UInt64) -> UInt64? {
        switch rate.admit(arrivalNanoseconds: arrival, nowNanoseconds: now) {
        case .allowed(let next):
            arrival = next
            return nil
        case .refused(let wait): return wait
        }
    }
}

@Suite("rate")
struct RateTests {
    @Test("a client gets its burst at once, then one request an interval")
    func burst() {
        var client = Client(rate: Rate(count: 10, periodNanoseconds: second, burst: 3))
        let start = 5 * second
        for _ in 0..<3 { #expect(client.asks(at: start) == nil) }
        #expect(client.asks(at: start) == second / 10)
        #expect(client.asks(at: start + second / 10 - 1) == 1)
        #expect(client.asks(at: start + second / 10) == nil)
        #expect(client.asks(at: start + second / 10) == second / 10)
        #expect(client.asks(at: start + 10 * second) == nil)
    }

    @Test("over a long time a client gets its rate and its burst, however it asks", arguments: [1, 7, 100])
    func total(burst: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        var client = Client(rate: Rate(count: 50, periodNanoseconds: second, burst: burst))
        var now = second
        var allowed = 0
        while now < 101 * second {
            if client.asks(at: now) == nil { allowed += 1 }
            now += UInt64.random(in: 0...second / 100, using: &random)
        }
        // A hundred seconds at fifty a second, and the burst. Asked for four times as often, but at random: without a
        // burst some of the time that was waited in vain is lost.
        #expect(allowed <= 5000 + burst, "seed \(seed)")
        #expect(allowed >= (burst == 1 ? 4000 : 4950), "seed \(seed)")
    }

    @Test("a refused request costs nothing: asking in vain does not put off the next allowed one")
    func refusalsAreFree() {
        var client = Client(rate: Rate(count: 1, periodNanoseconds: second, burst: 1))
        #expect(client.asks(at: second) == nil)
        for step in 1..<1000 { #expect(client.asks(at: second + UInt64(step) * second / 1000) != nil) }
        #expect(client.asks(at: 2 * second) == nil)
    }

    @Test("the wait that a client is told is enough, and no nanosecond less is")
    func wait() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        for _ in 0..<2000 {
            let rate = Rate(
                count: Int.random(in: 1...1_000_000, using: &random),
                periodNanoseconds: [second, 60 * second, 3600 * second].randomElement(using: &random)!,
                burst: Int.random(in: 1...50, using: &random))
            var client = Client(rate: rate)
            var now = UInt64.random(in: 1...1 << 50, using: &random)
            var wait: UInt64?
            for _ in 0..<100 where wait == nil {
                wait = client.asks(at: now)
                if wait == nil { now += UInt64.random(in: 0...rate.intervalNanoseconds / 2, using: &random) }
            }
            guard let wait else { continue }
            #expect(client.asks(at: now + wait - 1) != nil, "seed \(seed)")
            #expect(client.asks(at: now + wait) == nil, "seed \(seed)")
        }
    }

    @Test("a rate that is lowered while it is used keeps nobody waiting for longer than the new burst takes")
    func loweredRate() {
        var client = Client(rate: Rate(count: 1, periodNanoseconds: 3600 * second, burst: 100))
        for _ in 0..<100 { #expect(client.asks(at: second) == nil) }
        client.rate = Rate(count: 10, periodNanoseconds: second, burst: 5)
        #expect(client.asks(at: second) == second / 10)
    }

    @Test("what remains is what would be allowed")
    func remaining() {
        var client = Client(rate: Rate(count: 10, periodNanoseconds: second, burst: 4))
        for left in [4, 3, 2, 1] {
            #expect(client.rate.remaining(arrivalNanoseconds: client.arrival, nowNanoseconds: second) == left)
            #expect(client.asks(at: second) == nil)
        }
        #expect(client.rate.remaining(arrivalNanoseconds: client.arrival, nowNanoseconds: second) == 0)
    }

    @Test("the slowest rate with the largest burst overflows nothing")
    func extremes() {
        let slow = Rate(count: 1, periodNanoseconds: .max, burst: .max)
        #expect(slow.intervalNanoseconds == Rate.periodLimitNanoseconds)
        _ = slow.admit(arrivalNanoseconds: .max, nowNanoseconds: 1 << 62)
        let fast = Rate(count: .max, periodNanoseconds: 1, burst: 1)
        #expect(fast.intervalNanoseconds == 1)
    }

    @Test("a refused client is told when to come back, rounded up to whole seconds")
    func fields() {
        var buffer = ByteBuffer()
        let rate = Rate(count: 100, periodNanoseconds: second, burst: 250)
        RateLimitFields.append(rate, waitNanoseconds: second + 1, to: &buffer)
        #expect(
            String(decoding: buffer.bytes.copied(), as: UTF8.self)
                == "Retry-After: 2\r\nRateLimit-Policy: \"client\";q=250;w=3\r\nRateLimit: \"client\";r=0;t=2\r\n")
        buffer.removeAll()
        RateLimitFields.append(inFlightLimit: 8, of: .taskInFlight, to: &buffer)
        #expect(
            String(decoding: buffer.bytes.copied(), as: UTF8.self)
                == "Retry-After: 1\r\nRateLimit-Policy: \"task-in-flight\";q=8;qu=\"concurrent-requests\"\r\n"
                + "RateLimit: \"task-in-flight\";r=0\r\n")
    }
}

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
