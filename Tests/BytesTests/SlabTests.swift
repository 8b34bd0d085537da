import Testing

@testable import Bytes

@Suite("Slab")
struct SlabTests {
    private struct Record {
        var number: Int
        var note: Note?
        var next: Slot<Record>?
    }

    private final class Note {}

    @Test("records of several chunks keep their values and stay apart")
    func chunks() {
        var slab = Slab<Record>(chunkCount: 3)
        let slots = (0..<10).map { slab.make(Record(number: $0)) }
        for slot in slots { slot.number += 100 }
        #expect(slots.map(\.number) == (100..<110).map { $0 })
        for (at, slot) in slots.enumerated() { #expect(slots.firstIndex(of: slot) == at) }
    }

    @Test("two slots of one record see each other's changes")
    func shared() {
        var slab = Slab<Record>()
        let one = slab.make(Record(number: 1))
        let other = one
        other.number = 2
        one.next = slab.make(Record(number: 3))
        #expect(one.number == 2)
        #expect(other.next?.number == 3)
        #expect(one == other && one != one.next)
    }

    @Test("a record keeps what it refers to, until it is told otherwise")
    func references() {
        var slab = Slab<Record>()
        weak var kept: Note?
        let slot = slab.make(Record(number: 1))
        do {
            let note = Note()
            kept = note
            slot.note = note
        }
        #expect(kept != nil)
        slot.update { $0.note = nil }
        #expect(kept == nil)
    }
}
